//! All statements.

store::statements! {
    /// One more of this kind today.
    COUNT = "INSERT INTO services_count (day, event, service, detail, channel, language, total) VALUES ($1, $2, $3, $4, $5, $6, 1) \
             ON CONFLICT (day, event, service, detail, channel, language) DO UPDATE SET total = services_count.total + 1";
    /// What was counted from a day on.
    COUNTS = "SELECT day, event, service, detail, channel, language, total FROM services_count WHERE day >= $1 \
              ORDER BY day, event, service, detail, channel, language LIMIT 1000";
    /// Drafts that nobody touched since, not yet counted.
    LEFT = "SELECT id FROM services_case WHERE stage = 'draft' AND abandoned_at IS NULL AND saved_at < $1 ORDER BY saved_at LIMIT $2";
    /// Counts a draft as left, once.
    ABANDON = "UPDATE services_case SET abandoned_at = $1 WHERE id = $2 AND stage = 'draft' AND abandoned_at IS NULL";
    /// A new draft.
    INSERT_CASE = "INSERT INTO services_case (id, service, version, person, locale, stage, step, answers, created_at, saved_at, marked) \
                   VALUES ($1, $2, $3, $4, $5, $6, -1, $7, $8, $8, 0)";
    /// A case.
    CASE = "SELECT id, service, version, person, locale, stage, step, answers, created_at, saved_at, submitted_at, \
            promised_at, closed_at, unit, officer, outcome, marked, feedback_at FROM services_case WHERE id = $1";
    /// A person's cases, newest first.
    CASES_OF = "SELECT id, service, version, person, locale, stage, step, answers, created_at, saved_at, submitted_at, \
                promised_at, closed_at, unit, officer, outcome, marked, feedback_at FROM services_case \
                WHERE person = $1 AND stage <> 'discarded' AND id < $2 ORDER BY id DESC LIMIT $3";
    /// A person's open drafts of a service, newest first.
    DRAFTS_OF = "SELECT id, saved_at FROM services_case WHERE person = $1 AND service = $2 AND stage = 'draft' \
                 ORDER BY id DESC LIMIT $3";
    /// What waits for a unit, oldest first.
    QUEUE = "SELECT id, service, version, person, locale, stage, step, answers, created_at, saved_at, submitted_at, \
             promised_at, closed_at, unit, officer, outcome, marked, feedback_at FROM services_case \
             WHERE unit = $1 AND stage = $2 ORDER BY submitted_at, id LIMIT $3";
    /// How many cases wait for a unit in a stage.
    COUNT_QUEUE = "SELECT CAST(COUNT(*) AS BIGINT) FROM services_case WHERE unit = $1 AND stage = $2";
    /// Keeps answers.
    SAVE_ANSWERS = "UPDATE services_case SET answers = $1, saved_at = $2 WHERE id = $3 AND stage = $4";
    /// Moves a case along, if it still is where it was.
    MOVE_CASE = "UPDATE services_case SET stage = $1, step = $2, submitted_at = $3, promised_at = $4, closed_at = $5, \
                 unit = $6, officer = $7, outcome = $8, marked = $9 WHERE id = $10 AND stage = $11";
    /// Keeps what a register told, newest only.
    KEEP_TOLD = "INSERT INTO services_told (case_id, lookup, state, at, body) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (case_id, lookup) DO UPDATE SET state = excluded.state, at = excluded.at, body = excluded.body";
    /// Notes that a register was not heard; what it told earlier, and when, stays.
    KEEP_SILENCE = "INSERT INTO services_told (case_id, lookup, state, at, body) VALUES ($1, $2, $3, $4, $5) \
                    ON CONFLICT (case_id, lookup) DO UPDATE SET state = excluded.state";
    /// What a register told before it changed its answer.
    KEEP_TOLD_BEFORE = "INSERT INTO services_told_before (case_id, lookup, state, at, body) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT (case_id, lookup) DO UPDATE SET state = excluded.state, at = excluded.at, body = excluded.body";
    /// What registers told before they changed their answers.
    TOLD_BEFORE = "SELECT lookup, state, at, body FROM services_told_before WHERE case_id = $1 ORDER BY lookup";
    /// Forgets what registers told for a case.
    FORGET_TOLD = "DELETE FROM services_told WHERE case_id = $1";
    /// Forgets what a register told for a case.
    FORGET_LOOKUP = "DELETE FROM services_told WHERE case_id = $1 AND lookup = $2";
    /// What registers told for a case.
    TOLD = "SELECT lookup, state, at, body FROM services_told WHERE case_id = $1 ORDER BY lookup";
    /// One more line of the timeline.
    INSERT_EVENT = "INSERT INTO services_event (case_id, position, at, kind, actor, note, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Who sent a case.
    SENT_BY = "SELECT actor FROM services_event WHERE case_id = $1 AND kind = $2 ORDER BY position LIMIT 1";
    /// How many lines a timeline has.
    COUNT_EVENTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM services_event WHERE case_id = $1";
    /// The timeline.
    EVENTS = "SELECT at, kind, actor, note, leaf FROM services_event WHERE case_id = $1 ORDER BY position LIMIT 200";
    /// One more answer to the one question of feedback.
    COUNT_FEEDBACK = "INSERT INTO services_feedback (day, service, office, step, outcome, answer, total) \
                      VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (day, service, office, step, outcome, answer) \
                      DO UPDATE SET total = services_feedback.total + 1";
    /// What people answered from a day on.
    FEEDBACK = "SELECT day, service, office, step, outcome, answer, total FROM services_feedback WHERE day >= $1 \
                ORDER BY day, service, office, step, outcome, answer LIMIT 1000";
    /// A person is asked once.
    ASKED_FEEDBACK = "UPDATE services_case SET feedback_at = $1 WHERE id = $2 AND feedback_at IS NULL";
    /// Cases whose stage and step contradict each other.
    STRAY_CASES = "SELECT id FROM services_case WHERE (stage = 'closed') <> (closed_at IS NOT NULL) \
                   OR (stage <> 'draft' AND stage <> 'discarded' AND submitted_at IS NULL) OR (stage = 'closed' AND outcome IS NULL) \
                   ORDER BY id LIMIT 100";
    /// Cases that wait for money, after an id.
    PAYING_CASES = "SELECT id FROM services_case WHERE stage = 'paying' AND id > $1 ORDER BY id LIMIT 500";
    /// A paper leaves for an office.
    INSERT_PARCEL = "INSERT INTO services_parcel (case_id, office, stage, code, tries, at, unit) VALUES ($1, $2, $3, $4, 0, $5, $6)";
    /// A parcel.
    PARCEL = "SELECT case_id, office, stage, manifest, code, tries, unit FROM services_parcel WHERE case_id = $1";
    /// Parcels in a stage that a unit answers for: those that it decided, and those that no unit decided and that
    /// it is to hand over.
    PARCELS_OF = "SELECT case_id, office, stage, manifest, code, tries, unit FROM services_parcel \
                  WHERE stage = $2 AND (unit = $1 OR (unit IS NULL AND office = $1)) ORDER BY office, at, case_id LIMIT 200";
    /// Those of them that go to one office.
    PARCELS_TO = "SELECT case_id, office, stage, manifest, code, tries, unit FROM services_parcel \
                  WHERE office = $1 AND stage = 'waiting' AND (unit = $2 OR (unit IS NULL AND office = $2)) \
                  ORDER BY at, case_id LIMIT $3";
    /// Parcels of an office in a stage.
    PARCELS_AT = "SELECT case_id, office, stage, manifest, code, tries, unit FROM services_parcel WHERE office = $1 AND stage = $2 \
                  ORDER BY at, case_id LIMIT $3";
    /// Parcels that a unit prints: what is to be handed over there, and what it decided and did not send yet.
    PARCELS_TO_PRINT = "SELECT case_id, office, stage, manifest, code, tries, unit FROM services_parcel \
                        WHERE (office = $1 AND stage IN ('waiting', 'sent', 'arrived')) OR (unit = $1 AND stage = 'waiting') \
                        ORDER BY at, case_id LIMIT $2";
    /// How many parcels in a stage a unit answers for.
    COUNT_PARCELS_OF = "SELECT CAST(COUNT(*) AS BIGINT) FROM services_parcel \
                        WHERE stage = $2 AND (unit = $1 OR (unit IS NULL AND office = $1))";
    /// How many parcels of an office are in a stage.
    COUNT_PARCELS_AT = "SELECT CAST(COUNT(*) AS BIGINT) FROM services_parcel WHERE office = $1 AND stage = $2";
    /// A locked parcel gets a new code.
    UNLOCK_PARCEL = "UPDATE services_parcel SET stage = $1, code = $2, tries = 0, at = $3 WHERE case_id = $4 AND stage = $5";
    /// A parcel moves on.
    MOVE_PARCEL = "UPDATE services_parcel SET stage = $1, manifest = $2, tries = $3, at = $4 WHERE case_id = $5 AND stage = $6";
    /// A case, by its id.
    FIND_CASE = "SELECT 1 FROM services_case WHERE id = $1";
    /// Whose cases are, by page.
    APPLICANTS = "SELECT id, person FROM services_case WHERE id > $1 ORDER BY id LIMIT 500";
    /// Who took cases, by page.
    TAKERS = "SELECT id, officer FROM services_case WHERE officer IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// The leaves of timelines, by page.
    LINE_LEAVES = "SELECT e.case_id, e.leaf FROM services_event e WHERE e.case_id IN (SELECT o.case_id FROM services_event o \
                   WHERE o.case_id > $1 GROUP BY o.case_id ORDER BY o.case_id LIMIT 100) ORDER BY e.case_id, e.position";
    /// Who made lines of timelines, by page.
    LINE_ACTORS = "SELECT e.case_id, e.actor FROM services_event e WHERE e.case_id IN (SELECT o.case_id FROM services_event o \
                   WHERE o.case_id > $1 GROUP BY o.case_id ORDER BY o.case_id LIMIT 100) ORDER BY e.case_id, e.position";
    /// Lines, answers of registers and parcels of no case.
    ORPHANS = "SELECT e.case_id FROM services_event e WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = e.case_id) \
               UNION SELECT t.case_id FROM services_told t WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = t.case_id) \
               UNION SELECT b.case_id FROM services_told_before b WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = b.case_id) \
               UNION SELECT p.case_id FROM services_parcel p WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = p.case_id) \
               UNION SELECT u.case_id FROM services_turn u WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = u.case_id) \
               UNION SELECT f.case_id FROM services_file f WHERE NOT EXISTS (SELECT 1 FROM services_case c WHERE c.id = f.case_id) \
               UNION SELECT p.file_id FROM services_file_part p WHERE NOT EXISTS (SELECT 1 FROM services_file f WHERE f.id = p.file_id) \
               ORDER BY 1 LIMIT 100";
    /// A turn begins.
    INSERT_TURN = "INSERT INTO services_turn (id, case_id, step, round, name, kind, stage, unit, whom_index, whom, object, opened_at, due_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// The last round of a step.
    ROUND = "SELECT COALESCE(MAX(round), 0) FROM services_turn WHERE case_id = $1 AND step = $2";
    /// A turn moves on and is still waited for.
    MOVE_TURN = "UPDATE services_turn SET stage = $1 WHERE id = $2 AND stage = $3";
    /// A time is booked, or given back.
    BOOK_TURN = "UPDATE services_turn SET object = $1, due_at = $2 WHERE id = $3 AND stage = $4";
    /// A turn ends.
    END_TURN = "UPDATE services_turn SET stage = $1, closed_at = $2, actor = $3, outcome = $4, note = $5 WHERE id = $6 AND stage = $7";
    /// A turn.
    TURN = "SELECT id, case_id, step, round, name, kind, stage, unit, object, actor, opened_at, due_at, closed_at, outcome, whom, note \
            FROM services_turn WHERE id = $1";
    /// A case's turns, oldest first.
    TURNS = "SELECT id, case_id, step, round, name, kind, stage, unit, object, actor, opened_at, due_at, closed_at, outcome, whom, note \
             FROM services_turn WHERE case_id = $1 ORDER BY id LIMIT $2";
    /// The turn of a bill.
    TURN_OF_OBJECT = "SELECT id, case_id, step, round, name, kind, stage, unit, object, actor, opened_at, due_at, closed_at, outcome, whom, note \
                      FROM services_turn WHERE object = $2 AND case_id = $1 ORDER BY id LIMIT 1";
    /// What waits for a unit's answer: late ones, then by their clock.
    TURNS_OF_UNIT = "SELECT id, case_id, step, round, name, kind, stage, unit, object, actor, opened_at, due_at, closed_at, outcome, whom, note \
                     FROM services_turn WHERE unit = $1 AND stage IN ('open', 'late') AND (kind IN ('clear', 'await', 'home-visit', 'appointment') OR (kind = 'write' AND stage = 'late')) \
                     ORDER BY stage, due_at NULLS LAST, id LIMIT $2";
    /// How much waits for a unit's answer.
    COUNT_TURNS = "SELECT CAST(COUNT(*) AS BIGINT) FROM services_turn WHERE unit = $1 AND stage IN ('open', 'late') \
                   AND (kind IN ('clear', 'await', 'home-visit', 'appointment') OR (kind = 'write' AND stage = 'late'))";
    /// What waits for a person.
    TURNS_OF_WHOM = "SELECT id, case_id, step, round, name, kind, stage, unit, object, actor, opened_at, due_at, closed_at, outcome, whom, note \
                     FROM services_turn WHERE whom_index = $1 AND stage = 'open' ORDER BY id LIMIT $2";
    /// Whether a turn is this person's.
    TURN_NAMES = "SELECT 1 FROM services_turn WHERE id = $1 AND whom_index = $2";
    /// Times that are taken at an office.
    BOOKED = "SELECT due_at FROM services_turn WHERE unit = $1 AND stage = 'open' AND kind = 'appointment' AND object = 'booked' \
              AND due_at >= $2 AND due_at < $3 ORDER BY due_at LIMIT 5000";
    /// Cases that wait for others, of whom none has anything to do.
    FORGOTTEN_CASES = "SELECT c.id FROM services_case c WHERE c.stage = 'waiting' AND NOT EXISTS (SELECT 1 FROM services_turn t \
                       WHERE t.case_id = c.id AND t.step = c.step AND t.stage IN ('open', 'late')) ORDER BY c.id LIMIT 100";
    /// Cases that ended while something but money is waited for.
    IDLE_TURNS = "SELECT t.id FROM services_turn t JOIN services_case c ON c.id = t.case_id WHERE c.stage = 'closed' \
                  AND t.stage IN ('open', 'late') AND t.kind <> 'pay' ORDER BY t.id LIMIT 100";
    /// Officers who answered two seats of one decision.
    TWICE_SEATED = "SELECT case_id FROM services_turn WHERE kind = 'decide' AND stage = 'answered' \
                    GROUP BY case_id, step, round, actor HAVING COUNT(*) > 1 ORDER BY case_id LIMIT 100";
    /// Who answered turns, by page.
    TURN_ACTORS = "SELECT id, actor FROM services_turn WHERE actor IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// One more entry of the calendar.
    INSERT_ENTRY = "INSERT INTO services_calendar (id, kind, act, scope, first_day, last_day, basis, hijri, opens, closes, weekdays, \
                    name_ar, name_en, decree, decree_day, sample, replaces, stage, proposed_by, proposed_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    /// An entry holds that nobody decided on.
    BEGIN_ENTRY = "UPDATE services_calendar SET decided_at = $1 WHERE id = $2";
    /// An entry goes on.
    STEP_ENTRY = "UPDATE services_calendar SET stage = $1 WHERE id = $2 AND stage = $3";
    /// An entry that began ends on a day.
    SHORTEN_ENTRY = "UPDATE services_calendar SET last_day = $1 WHERE id = $2 AND stage = 'in-force'";
    /// An entry begins on a day.
    START_ENTRY = "UPDATE services_calendar SET first_day = $1 WHERE id = $2";
    /// Who decided on an entry.
    DECIDE_ENTRY = "UPDATE services_calendar SET decided_by = $1, decided_at = $2 WHERE id = $3 AND decided_at IS NULL";
    /// An entry.
    ENTRY = "SELECT id, kind, act, scope, first_day, last_day, basis, hijri, opens, closes, weekdays, name_ar, name_en, decree, \
             decree_day, sample, replaces, stage, proposed_by, proposed_at, decided_by, decided_at FROM services_calendar WHERE id = $1";
    /// Entries in a stage that end on a day or later.
    ENTRIES_FROM = "SELECT id, kind, act, scope, first_day, last_day, basis, hijri, opens, closes, weekdays, name_ar, name_en, decree, \
                    decree_day, sample, replaces, stage, proposed_by, proposed_at, decided_by, decided_at FROM services_calendar \
                    WHERE stage = $1 AND last_day >= $2 ORDER BY last_day, id LIMIT $3";
    /// Proposals that wait, oldest first.
    WAITING_ENTRIES = "SELECT id, kind, act, scope, first_day, last_day, basis, hijri, opens, closes, weekdays, name_ar, name_en, decree, \
                       decree_day, sample, replaces, stage, proposed_by, proposed_at, decided_by, decided_at FROM services_calendar \
                       WHERE stage = $1 ORDER BY id LIMIT 100";
    /// What was decided last.
    DECIDED_ENTRIES = "SELECT id, kind, act, scope, first_day, last_day, basis, hijri, opens, closes, weekdays, name_ar, name_en, decree, \
                       decree_day, sample, replaces, stage, proposed_by, proposed_at, decided_by, decided_at FROM services_calendar \
                       WHERE decided_by IS NOT NULL ORDER BY decided_at DESC, id LIMIT 20";
    /// When the calendar changed last.
    CALENDAR_VERSION = "SELECT CAST(COALESCE(MAX(decided_at), 0) AS BIGINT) FROM services_calendar";
    /// Whose proposals the calendar's entries are, by page.
    PROPOSERS = "SELECT id, proposed_by FROM services_calendar WHERE proposed_by IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// A promise begins.
    INSERT_PROMISE = "INSERT INTO services_promise (case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, \
                      used, started_at, since, due_at, provisional, level, next_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    /// A promise goes on.
    UPDATE_PROMISE = "UPDATE services_promise SET governorate = $1, zone = $2, weekdays = $3, opens = $4, closes = $5, allowance = $6, \
                      used = $7, since = $8, due_at = $9, provisional = $10, level = $11, next_at = $12, ended_at = $13 WHERE case_id = $14";
    /// A case's promise.
    PROMISE = "SELECT case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, used, started_at, since, \
               due_at, provisional, level, next_at, ended_at FROM services_promise WHERE case_id = $1";
    /// Promises in working days whose clock runs, after a case.
    RUNNING_PROMISES = "SELECT case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, used, started_at, since, \
                        due_at, provisional, level, next_at, ended_at FROM services_promise \
                        WHERE ended_at IS NULL AND since IS NOT NULL AND measure = 'days' AND case_id > $1 ORDER BY case_id LIMIT $2";
    /// Promises that reach their next mark.
    DUE_PROMISES = "SELECT case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, used, started_at, since, \
                    due_at, provisional, level, next_at, ended_at FROM services_promise \
                    WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at, case_id LIMIT $2";
    /// A promise moves, on its case too.
    MOVE_PROMISED = "UPDATE services_case SET promised_at = $1 WHERE id = $2 AND closed_at IS NULL";
    /// Marks of a unit's cases.
    MARKS_OF = "SELECT p.case_id, p.level FROM services_promise p WHERE p.ended_at IS NULL AND p.level > 0 AND p.case_id IN \
                (SELECT c.id FROM services_case c WHERE c.unit = $1 AND c.stage IN ('deciding', 'asked')) ORDER BY p.case_id LIMIT 500";
    /// Cases of every unit whose promise has reached a mark, the latest first.
    LATE_CASES = "SELECT c.id, c.service, c.unit, p.due_at, p.level, p.zone, p.unit, c.officer FROM services_promise p \
                  JOIN services_case c ON c.id = p.case_id WHERE p.ended_at IS NULL AND p.level >= $1 ORDER BY p.due_at, c.id LIMIT $2";
    /// The same of one unit; found by what is late, not by all that the unit ever had.
    LATE_CASES_OF = "SELECT c.id, c.service, c.unit, p.due_at, p.level, p.zone, p.unit, c.officer FROM services_promise p \
                     JOIN services_case c ON c.id = p.case_id WHERE p.ended_at IS NULL AND p.level >= $1 AND COALESCE(c.unit, '') = $2 \
                     ORDER BY p.due_at, c.id LIMIT $3";
    /// The same of one officer of a unit.
    LATE_CASES_BY = "SELECT c.id, c.service, c.unit, p.due_at, p.level, p.zone, p.unit, c.officer FROM services_promise p \
                     JOIN services_case c ON c.id = p.case_id WHERE p.ended_at IS NULL AND p.level >= $1 AND COALESCE(c.unit, '') = $2 \
                     AND c.officer = $3 ORDER BY p.due_at, c.id LIMIT $4";
    /// One more case took so long.
    COUNT_ELAPSED = "INSERT INTO services_elapsed (day, service, measure, amount, kept, total) VALUES ($1, $2, $3, $4, $5, 1) \
                     ON CONFLICT (service, day, measure, amount, kept) DO UPDATE SET total = services_elapsed.total + 1";
    /// How long a service's cases took since a day.
    ELAPSED = "SELECT amount, kept, CAST(SUM(total) AS BIGINT) FROM services_elapsed WHERE service = $1 AND day >= $2 AND measure = $3 \
               GROUP BY amount, kept ORDER BY amount, kept";
    /// How often each service's promise was kept since a day.
    KEPT = "SELECT service, CAST(SUM(total) AS BIGINT), CAST(SUM(kept * total) AS BIGINT) FROM services_elapsed WHERE day >= $1 \
            GROUP BY service ORDER BY service LIMIT 2000";
    /// Promises that contradict their case.
    STRAY_PROMISES = "SELECT p.case_id FROM services_promise p LEFT JOIN services_case c ON c.id = p.case_id WHERE c.id IS NULL \
                      OR (c.closed_at IS NULL AND c.promised_at <> p.due_at) OR (c.closed_at IS NOT NULL AND p.ended_at IS NULL) \
                      OR (p.ended_at IS NULL AND (c.stage = 'asked') AND p.since IS NOT NULL) ORDER BY p.case_id LIMIT 100";
    /// Entries that hold though one officer decided alone.
    LONE_ENTRIES = "SELECT id FROM services_calendar WHERE proposed_by IS NOT NULL AND stage IN ('in-force', 'replaced', 'ended') \
                    AND (decided_by IS NULL OR decided_by = proposed_by) ORDER BY id LIMIT 100";
    /// A draft goes on with a newer version.
    RENEW_DRAFT = "UPDATE services_case SET version = $1 WHERE id = $2 AND stage = $3";
    /// Somebody is let in before others.
    INVITE = "INSERT INTO services_invited (service, crowd, number, invited_by, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (service, crowd, number) DO NOTHING";
    /// As what somebody was let in.
    INVITATIONS_OF = "SELECT crowd FROM services_invited WHERE service = $1 AND number = $2 ORDER BY crowd";
    /// How many people were let in.
    COUNT_INVITED = "SELECT crowd, CAST(COUNT(*) AS BIGINT) FROM services_invited WHERE service = $1 GROUP BY crowd ORDER BY crowd";
    /// A version's rules are replayed.
    INSERT_REPLAY = "INSERT INTO services_replay (service, version, last_case, looked, erased, lacking, begun_at) VALUES ($1, $2, $3, 0, 0, 0, $4)";
    /// How a replay stands.
    REPLAY = "SELECT last_case, looked, erased, lacking, ended_at FROM services_replay WHERE service = $1 AND version = $2";
    /// A replay goes on, if nobody took it further.
    KEEP_REPLAY = "UPDATE services_replay SET last_case = $1, looked = $2, erased = $3, lacking = $4, ended_at = $5 \
                   WHERE service = $6 AND version = $7 AND last_case = $8 AND looked = $9";
    /// A case of which a version would have decided otherwise.
    INSERT_REPLAYED = "INSERT INTO services_replay_case (service, version, case_id, difference) VALUES ($1, $2, $3, $4)";
    /// Those cases, newest first.
    REPLAYED = "SELECT case_id, difference FROM services_replay_case WHERE service = $1 AND version = $2 ORDER BY case_id DESC LIMIT 500";
    /// Cases of a service that were sent, newest first.
    SENT_CASES = "SELECT id FROM services_case WHERE service = $1 AND submitted_at IS NOT NULL AND id < $2 ORDER BY id DESC LIMIT $3";
    /// A version is put up.
    INSERT_VERSION = "INSERT INTO services_version (service, version, digest, files, stage, from_day, put_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A demo's folder was saved again.
    FORGET_VERSION = "DELETE FROM services_version WHERE service = $1 AND version = $2";
    /// A version was signed by all, or sent back.
    DECIDE_VERSION = "UPDATE services_version SET stage = $1, from_day = $2, decided_at = $3 \
                      WHERE service = $4 AND version = $5 AND stage = $6";
    /// A version.
    VERSION = "SELECT service, version, digest, files, stage, from_day, put_at FROM services_version WHERE service = $1 AND version = $2";
    /// The newest signed version up to a number.
    NEWEST_SIGNED = "SELECT service, version, digest, files, stage, from_day, put_at FROM services_version \
                     WHERE service = $1 AND version <= $2 AND stage = 'signed' ORDER BY version DESC LIMIT 1";
    /// Versions in a stage, the oldest first.
    VERSIONS_IN = "SELECT service, version, digest, files, stage, from_day, put_at FROM services_version \
                   WHERE stage = $1 ORDER BY put_at, service, version LIMIT $2";
    /// Signed versions, page by page.
    VERSIONS_AFTER = "SELECT service, version, digest, files, stage, from_day, put_at FROM services_version \
                      WHERE stage = 'signed' AND (service > $1 OR (service = $1 AND version > $2)) ORDER BY service, version LIMIT 200";
    /// Digests and stages of versions, page by page.
    DIGESTS_AFTER = "SELECT service, version, digest, stage FROM services_version \
                     WHERE service > $1 OR (service = $1 AND version > $2) ORDER BY service, version LIMIT 500";
    /// What changes with every decision.
    VERSIONS_STAMP = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(MAX(COALESCE(decided_at, put_at)), 0) AS BIGINT) FROM services_version WHERE stage = 'signed'";
    /// A body said its word.
    INSERT_SIGNATURE = "INSERT INTO services_signature (service, version, body, officer, reason, at, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Who said it, page by page.
    SIGNERS = "SELECT leaf, officer FROM services_signature WHERE leaf > $1 ORDER BY leaf LIMIT 500";
    /// With which leaves, page by page.
    SIGNATURE_LEAVES = "SELECT leaf, leaf FROM services_signature WHERE leaf > $1 ORDER BY leaf LIMIT 500";
    /// What bodies said of a version.
    SIGNATURES = "SELECT body, officer, reason, at FROM services_signature WHERE service = $1 AND version = $2 ORDER BY at, body";
    /// A new bundle.
    INSERT_BUNDLE = "INSERT INTO services_bundle (id, event, person, stage, created_at) VALUES ($1, $2, $3, 'draft', $4)";
    /// One of its members.
    INSERT_MEMBER = "INSERT INTO services_bundle_member (bundle, position, service, case_id, shared, state, reason) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A bundle.
    BUNDLE = "SELECT id, event, person, stage, created_at FROM services_bundle WHERE id = $1";
    /// The bundle that a case is a member of.
    BUNDLE_OF = "SELECT b.id, b.event, b.person, b.stage, b.created_at FROM services_bundle_member m \
                 JOIN services_bundle b ON b.id = m.bundle WHERE m.case_id = $1";
    /// A person's bundles that are not finished, newest first.
    OPEN_BUNDLES = "SELECT id, event, person, stage, created_at FROM services_bundle \
                    WHERE person = $1 AND stage IN ('draft', 'sending') ORDER BY id DESC LIMIT $2";
    /// Bundles that are being sent.
    SENDING_BUNDLES = "SELECT id FROM services_bundle WHERE stage = 'sending' ORDER BY id LIMIT 500";
    /// A bundle moves on, if it still stands where it stood.
    MOVE_BUNDLE = "UPDATE services_bundle SET stage = $1, sent_at = COALESCE($2, sent_at), ended_at = COALESCE($3, ended_at) \
                   WHERE id = $4 AND stage = $5";
    /// Who sent a bundle.
    KEEP_SENDER = "UPDATE services_bundle SET sender = $1 WHERE id = $2";
    /// The same, once it was sent.
    SENDER = "SELECT sender FROM services_bundle WHERE id = $1 AND sender IS NOT NULL";
    /// The members of a bundle, in order.
    MEMBERS = "SELECT position, service, case_id, shared, state, reason FROM services_bundle_member WHERE bundle = $1 ORDER BY position LIMIT 20";
    /// What became of a member.
    KEEP_MEMBER = "UPDATE services_bundle_member SET case_id = $1, state = $2, reason = $3 WHERE bundle = $4 AND position = $5";
    /// Whose bundles are, by page.
    BUNDLERS = "SELECT id, person FROM services_bundle WHERE id > $1 ORDER BY id LIMIT 500";
    /// Bundles that contradict themselves or the cases of their members.
    STRAY_BUNDLES = "SELECT b.id FROM services_bundle b WHERE (b.stage IN ('sending', 'sent')) <> (b.sent_at IS NOT NULL) \
                     OR (b.stage IN ('sent', 'discarded')) <> (b.ended_at IS NOT NULL) \
                     UNION SELECT m.bundle FROM services_bundle_member m LEFT JOIN services_bundle b ON b.id = m.bundle \
                     LEFT JOIN services_case c ON c.id = m.case_id WHERE b.id IS NULL OR (m.case_id IS NOT NULL AND (c.id IS NULL \
                     OR c.person <> b.person OR c.service <> m.service OR (b.stage = 'sent' AND m.state = 'in' AND c.stage = 'draft'))) \
                     ORDER BY 1 LIMIT 100";
    /// A draft's person wants all questions on one page.
    KEEP_WHOLE = "INSERT INTO services_whole (case_id) VALUES ($1) ON CONFLICT (case_id) DO NOTHING";
    /// They want one question a page again.
    FORGET_WHOLE = "DELETE FROM services_whole WHERE case_id = $1";
    /// Whether a draft's person wants all questions on one page.
    IS_WHOLE = "SELECT 1 FROM services_whole WHERE case_id = $1";
    /// A code that finds a draft; a new one takes the old one's place.
    KEEP_RESUME = "INSERT INTO services_resume (case_id, person, code_index, code, until) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (case_id) DO UPDATE SET code_index = excluded.code_index, code = excluded.code, until = excluded.until";
    /// The code of a draft.
    RESUME_OF = "SELECT code, until FROM services_resume WHERE case_id = $1";
    /// The draft of this person that a code finds.
    RESUMED = "SELECT case_id, until FROM services_resume WHERE code_index = $1 AND person = $2 LIMIT 1";
    /// A code is not needed any more.
    FORGET_RESUME = "DELETE FROM services_resume WHERE case_id = $1";
    /// Codes whose days are over.
    FORGET_RESUMES = "DELETE FROM services_resume WHERE case_id IN (SELECT case_id FROM services_resume WHERE until < $1 ORDER BY until LIMIT 100)";
    /// The paper goes to another office, if it did not leave yet.
    TURN_PARCEL = "UPDATE services_parcel SET office = $1, at = $2 WHERE case_id = $3 AND stage = 'waiting'";
    /// A file is announced.
    INSERT_FILE = "INSERT INTO services_file (id, case_id, field, stage, name, file_key, length, arrived, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)";
    /// A case's files, oldest first, without those that are gone.
    FILES = "SELECT id, case_id, field, stage, name, file_key, kind, length, arrived, blob, created_at FROM services_file \
             WHERE case_id = $1 AND stage <> 'gone' ORDER BY id LIMIT $2";
    /// A file of a case.
    FILE = "SELECT id, case_id, field, stage, name, file_key, kind, length, arrived, blob, created_at FROM services_file \
            WHERE id = $1 AND case_id = $2 AND stage <> 'gone'";
    /// Bytes of a case's files: kept, announced, or arrived.
    FILES_BYTES = "SELECT CAST(COALESCE(SUM(COALESCE(length, arrived)), 0) AS BIGINT) FROM services_file \
                   WHERE case_id = $1 AND stage <> 'gone' AND stage <> 'infected'";
    /// A piece of a file.
    INSERT_PART = "INSERT INTO services_file_part (file_id, position, sealed) VALUES ($1, $2, $3)";
    /// A file has grown.
    GROW_FILE = "UPDATE services_file SET arrived = $1 WHERE id = $2 AND arrived = $3 AND stage = 'arriving'";
    /// What came of a file.
    PARTS = "SELECT position, sealed FROM services_file_part WHERE file_id = $1 ORDER BY position LIMIT 400";
    /// The pieces of a file are not needed any more.
    DELETE_PARTS = "DELETE FROM services_file_part WHERE file_id = $1";
    /// The same octets, for the same question.
    SAME_FILE = "SELECT 1 FROM services_file WHERE case_id = $1 AND field = $2 AND digest = $3 \
                 AND stage IN ('waiting', 'clean', 'unscanned') LIMIT 1";
    /// A file is kept.
    KEEP_FILE = "UPDATE services_file SET stage = $1, name = $2, kind = $3, length = $4, digest = $5, blob = $6 \
                 WHERE id = $7 AND stage = $8";
    /// A file moves on.
    MOVE_FILE = "UPDATE services_file SET stage = $1 WHERE id = $2 AND stage = $3";
    /// A file is taken away: its key is destroyed.
    DROP_FILE = "UPDATE services_file SET stage = $1, file_key = $2 WHERE id = $3 AND stage = $4";
    /// A file that is gone leaves nothing.
    DELETE_FILE = "DELETE FROM services_file WHERE id = $1 AND stage = 'gone'";
    /// Files that stand half arrived.
    LEFT_FILES = "SELECT id FROM services_file WHERE stage = $1 AND created_at < $2 ORDER BY created_at LIMIT $3";
    /// Of which case a file is.
    CASE_OF_FILE = "SELECT case_id FROM services_file WHERE id = $1 AND stage <> 'gone'";
    /// The blobs of files, by page.
    FILE_BLOBS = "SELECT id, blob FROM services_file WHERE blob IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// Files that were kept, by page, with their case.
    KEPT_FILES = "SELECT id, case_id FROM services_file WHERE stage IN ('waiting', 'clean', 'unscanned', 'infected') \
                  AND id > $1 ORDER BY id LIMIT 100";
}
