//! Every statement that this system runs.

store::statements! {
    /// Keeps a person.
    INSERT_PERSON = "INSERT INTO identity_person (id, claimed, owned, id_number, birth_date, names, registry_version, registry_at, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// What is sealed of a person.
    PERSON = "SELECT id_number, birth_date, names, registry_version FROM identity_person WHERE id = $1";
    /// Whose an ID number proved to be.
    OWNER = "SELECT id FROM identity_person WHERE owned = $1";
    /// What number a person claims.
    CLAIMED = "SELECT claimed FROM identity_person WHERE id = $1";
    /// A number proves to be a person's.
    OWN = "UPDATE identity_person SET owned = claimed WHERE id = $1";
    /// What the registry said of a person.
    SET_FACTS = "UPDATE identity_person SET names = $1, birth_date = $2, registry_version = $3, registry_at = $4 WHERE id = $5";

    /// Opens an account.
    INSERT_ACCOUNT = "INSERT INTO identity_account (id, person, level, stage, phone, opened_at, changed_at) VALUES ($1, $2, $3, 'open', $4, $5, $5)";
    /// An account.
    ACCOUNT = "SELECT id, person, level, stage, phone FROM identity_account WHERE id = $1";
    /// Accounts that are not closed under an ID number, the proven one first.
    ACCOUNTS_OF_NUMBER = "SELECT a.id, a.person, a.level, a.stage, a.phone FROM identity_account a JOIN identity_person p ON p.id = a.person WHERE p.claimed = $1 AND a.stage <> 'closed' ORDER BY (CASE WHEN p.owned IS NULL THEN 1 ELSE 0 END), a.id LIMIT 2";
    /// The account of a person.
    ACCOUNT_OF_PERSON = "SELECT id, person, level, stage, phone FROM identity_account WHERE person = $1";
    /// Another stage of an account.
    SET_ACCOUNT_STAGE = "UPDATE identity_account SET stage = $1, changed_at = $2 WHERE id = $3 AND stage = $4";
    /// What was proven of an account.
    SET_LEVEL = "UPDATE identity_account SET level = $1, changed_at = $2 WHERE id = $3";
    /// Where an account's codes go.
    SET_PHONE = "UPDATE identity_account SET phone = $1, changed_at = $2 WHERE id = $3";

    /// Opens the way in of an officer.
    INSERT_READMISSION = "INSERT INTO identity_readmission (id, officer, stage, tries, ends_at) VALUES ($1, $2, $3, 0, $4)";
    /// One that is not over.
    READMISSION = "SELECT officer, browser, stage, tries FROM identity_readmission WHERE id = $1 AND ends_at > $2";
    /// The latest of an officer that waits for both halves.
    READMISSION_OF = "SELECT id FROM identity_readmission WHERE officer = $1 AND ends_at > $2 AND stage = 'open' ORDER BY id DESC LIMIT 1";
    /// Another stage of it.
    SET_READMISSION = "UPDATE identity_readmission SET stage = $1, tries = $2, browser = $3, ends_at = $4 WHERE id = $5 AND stage = $6";
    /// A wrong code.
    TRY_READMISSION = "UPDATE identity_readmission SET tries = $1 WHERE id = $2 AND stage = 'open'";
    /// Removes those that are over.
    DELETE_OVER_READMISSIONS = "DELETE FROM identity_readmission WHERE id IN (SELECT id FROM identity_readmission WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Keeps an officer.
    INSERT_OFFICER = "INSERT INTO identity_officer (id, username, unit, roles, name, stage, made_at) VALUES ($1, $2, $3, $4, $5, 'open', $6)";
    /// An officer who may sign in, by what they type.
    OFFICER_BY_NAME = "SELECT id FROM identity_officer WHERE username = $1 AND stage = 'open'";
    /// Where an officer is told.
    OFFICER_EMAIL = "SELECT email FROM identity_officer WHERE id = $1";
    /// An officer is told elsewhere from now on.
    SET_OFFICER_EMAIL = "UPDATE identity_officer SET email = $1 WHERE id = $2";
    /// An officer.
    OFFICER = "SELECT unit, roles, name, stage FROM identity_officer WHERE id = $1";

    /// Keeps a credential.
    INSERT_CREDENTIAL = "INSERT INTO identity_credential (holder, kind, secret, last_step, made_at) VALUES ($1, $2, $3, 0, $4)";
    /// A credential.
    CREDENTIAL = "SELECT secret, last_step FROM identity_credential WHERE holder = $1 AND kind = $2";
    /// Another secret in the place of a credential's.
    SET_CREDENTIAL = "UPDATE identity_credential SET secret = $1, made_at = $2 WHERE holder = $3 AND kind = $4";
    /// A step was taken; not again.
    TAKE_STEP = "UPDATE identity_credential SET last_step = $1 WHERE holder = $2 AND kind = $3 AND last_step < $1";
    /// Removes one credential.
    DELETE_CREDENTIAL = "DELETE FROM identity_credential WHERE holder = $1 AND kind = $2";
    /// Removes the credentials of a closed account.
    DELETE_CREDENTIALS = "DELETE FROM identity_credential WHERE holder = $1";

    /// Begins an opening.
    INSERT_OPENING = "INSERT INTO identity_opening (id, person, browser, stage, return_to, data, began_at, ends_at) VALUES ($1, $2, $3, 'number', $4, $5, $6, $7)";
    /// An opening.
    OPENING = "SELECT person, browser, stage, return_to, data, ends_at FROM identity_opening WHERE id = $1";
    /// An opening goes on.
    SET_OPENING = "UPDATE identity_opening SET stage = $1, data = $2 WHERE id = $3";
    /// Openings that are over.
    OVER_OPENINGS = "SELECT id, person, stage FROM identity_opening WHERE ends_at < $1 ORDER BY ends_at LIMIT 100";
    /// Removes one that is over.
    DELETE_OPENING = "DELETE FROM identity_opening WHERE id = $1";

    /// Sends a code.
    INSERT_CODE = "INSERT INTO identity_code (id, deal, about, hash, tail, sent_at, ends_at, tries, stage, way) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'sent', $8)";
    /// The latest code of a transaction.
    CODE = "SELECT id, about, hash, tail, ends_at, tries, stage, way FROM identity_code WHERE deal = $1 ORDER BY id DESC LIMIT 1";
    /// A code was tried.
    SET_CODE = "UPDATE identity_code SET tries = $1, stage = $2 WHERE id = $3";
    /// A later code takes the place of earlier ones.
    REPLACE_CODES = "UPDATE identity_code SET stage = 'replaced' WHERE deal = $1 AND stage = 'sent'";
    /// Codes that are over.
    DELETE_OVER_CODES = "DELETE FROM identity_code WHERE id IN (SELECT id FROM identity_code WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Registers a client.
    INSERT_CLIENT = "INSERT INTO identity_client (id, names, holders, first_party, sector, redirects, farewells, jwks, policy, secret, stage, changed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', $11, 1) ON CONFLICT (id) DO UPDATE SET names = excluded.names, holders = excluded.holders, first_party = excluded.first_party, sector = excluded.sector, redirects = excluded.redirects, farewells = excluded.farewells, jwks = excluded.jwks, policy = excluded.policy, secret = excluded.secret, changed_at = excluded.changed_at, version = identity_client.version + 1";
    /// A client.
    CLIENT = "SELECT names, holders, first_party, sector, redirects, farewells, jwks, policy, secret, version FROM identity_client WHERE id = $1 AND stage = 'open'";
    /// How often a client that may be used was changed.
    CLIENT_VERSION = "SELECT version FROM identity_client WHERE id = $1 AND stage = 'open'";

    /// A client, whatever its stage.
    ANY_CLIENT = "SELECT names, holders, first_party, sector, redirects, farewells, jwks, policy, secret, stage, changed_at FROM identity_client WHERE id = $1";
    /// Clients with what the last look found, by id.
    CLIENTS = "SELECT c.id, c.names, c.first_party, c.policy, c.stage, h.checked_at, h.findings FROM identity_client c LEFT JOIN identity_health h ON h.client = c.id WHERE c.id > $1 ORDER BY c.id LIMIT 200";
    /// Another stage of a client.
    SET_CLIENT_STAGE = "UPDATE identity_client SET stage = $1, changed_at = $2, version = version + 1 WHERE id = $3 AND stage = $4";
    /// A client has a key from now on, or had it before.
    KEEP_CLIENT_KEY = "INSERT INTO identity_client_key (client, thumbprint, since) VALUES ($1, $2, $3) ON CONFLICT (client, thumbprint) DO NOTHING";
    /// Since when a client has its keys.
    CLIENT_KEYS = "SELECT thumbprint, since FROM identity_client_key WHERE client = $1";
    /// What the last look at a client found.
    HEALTH = "SELECT checked_at, findings FROM identity_health WHERE client = $1";
    /// Keeps what a look at a client found.
    SET_HEALTH = "INSERT INTO identity_health (client, checked_at, findings) VALUES ($1, $2, $3) ON CONFLICT (client) DO UPDATE SET checked_at = excluded.checked_at, findings = excluded.findings";
    /// A client is to be looked at anew.
    FORGET_HEALTH = "DELETE FROM identity_health WHERE client = $1";
    /// Open clients that were not looked at since, never looked at first.
    UNCHECKED_CLIENTS = "SELECT c.id FROM identity_client c LEFT JOIN identity_health h ON h.client = c.id WHERE c.stage = 'open' AND c.first_party = 0 AND (h.checked_at IS NULL OR h.checked_at < $1) ORDER BY c.id LIMIT 50";

    /// Proposes a change.
    INSERT_PROPOSAL = "INSERT INTO identity_proposal (id, about, person, change, found, stage, proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, 'proposed', $6, $7)";
    /// A proposal.
    PROPOSAL = "SELECT id, about, person, change, found, stage, proposed_by, proposed_at, decided_by, decided_at FROM identity_proposal WHERE id = $1";
    /// Proposals that wait, oldest first.
    WAITING_PROPOSALS = "SELECT id, about, person, change, found, stage, proposed_by, proposed_at, decided_by, decided_at FROM identity_proposal WHERE stage = 'proposed' ORDER BY id LIMIT 100";
    /// Proposals that were decided, newest first.
    DECIDED_PROPOSALS = "SELECT id, about, person, change, found, stage, proposed_by, proposed_at, decided_by, decided_at FROM identity_proposal WHERE stage <> 'proposed' ORDER BY id DESC LIMIT 20";
    /// Proposals about a thing that wait.
    PROPOSALS_ABOUT = "SELECT id FROM identity_proposal WHERE about = $1 AND stage = 'proposed' ORDER BY id LIMIT 20";
    /// A proposal is decided.
    DECIDE_PROPOSAL = "UPDATE identity_proposal SET stage = $1, decided_by = $2, decided_at = $3 WHERE id = $4 AND stage = $5";
    /// Applied changes that one officer alone decided.
    ONE_PAIR_OF_EYES = "SELECT id FROM identity_proposal WHERE stage = 'applied' AND (decided_by IS NULL OR decided_by = proposed_by) LIMIT 50";

    /// Keeps a mandate.
    INSERT_MANDATE = "INSERT INTO identity_mandate (id, kind, principal, agent, agent_index, agent_number, basis, services, ceiling_minor, valid_from, valid_until, stage, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)";
    /// A mandate.
    MANDATE = "SELECT id, kind, principal, agent, agent_index, agent_number, basis, services, ceiling_minor, valid_from, valid_until, stage FROM identity_mandate WHERE id = $1";
    /// Mandates about a person, newest first.
    MANDATES_GIVEN = "SELECT id, kind, principal, agent, agent_index, agent_number, basis, services, ceiling_minor, valid_from, valid_until, stage FROM identity_mandate WHERE principal = $1 ORDER BY id DESC LIMIT 100";
    /// Mandates that a person has, and offers to the number that they proved, newest first.
    MANDATES_RECEIVED = "SELECT m.id, m.kind, m.principal, m.agent, m.agent_index, m.agent_number, m.basis, m.services, m.ceiling_minor, m.valid_from, m.valid_until, m.stage FROM identity_mandate m LEFT JOIN identity_person p ON p.id = $1 WHERE m.agent = $1 OR (m.agent IS NULL AND m.stage = 'proposed' AND m.agent_index = p.owned) ORDER BY m.id DESC LIMIT 100";
    /// The mandate of a parent for a child, from the registry.
    MANDATE_OF_PARENT = "SELECT id, kind, principal, agent, agent_index, agent_number, basis, services, ceiling_minor, valid_from, valid_until, stage FROM identity_mandate WHERE principal = $1 AND agent = $2 AND kind = 'parent' AND stage = 'accepted' ORDER BY id DESC LIMIT 1";
    /// How many of a person's mandates are open.
    OPEN_MANDATES = "SELECT COUNT(*) FROM identity_mandate WHERE principal = $1 AND stage IN ('proposed', 'accepted')";
    /// An offer is answered by its agent.
    ANSWER_MANDATE = "UPDATE identity_mandate SET stage = $1, agent = $2, changed_at = $3 WHERE id = $4 AND stage = $5";
    /// Another stage of a mandate.
    SET_MANDATE_STAGE = "UPDATE identity_mandate SET stage = $1, changed_at = $2 WHERE id = $3 AND stage = $4";
    /// Mandates past their last day.
    OVER_MANDATES = "SELECT id FROM identity_mandate WHERE stage IN ('proposed', 'awaiting', 'accepted') AND valid_until < $1 ORDER BY id LIMIT 100";
    /// Revokes what was given under a mandate.
    REVOKE_OF_MANDATE = "UPDATE identity_token SET stage = 'revoked' WHERE stage = 'live' AND family IN (SELECT id FROM identity_authorization WHERE mandate = $1)";
    /// Clients that were given something under a mandate.
    CLIENTS_OF_MANDATE = "SELECT DISTINCT c.id, c.policy, a.session FROM identity_authorization a JOIN identity_client c ON c.id = a.client WHERE a.mandate = $1 AND a.stage IN ('exchanged', 'revoked')";
    /// The blind index of the number that a person proved.
    OWNED = "SELECT owned FROM identity_person WHERE id = $1";
    /// A number is no longer a person's.
    DISOWN = "UPDATE identity_person SET owned = NULL WHERE id = $1";
    /// Accepted mandates without an agent, and live tokens under one that ended.
    UNDEAD_MANDATES = "SELECT id FROM identity_mandate WHERE (stage = 'accepted' AND agent IS NULL) OR principal = agent UNION SELECT m.id FROM identity_token t JOIN identity_authorization a ON a.id = t.family JOIN identity_mandate m ON m.id = a.mandate WHERE t.stage = 'live' AND m.stage <> 'accepted' LIMIT 50";
    /// A mandate, by its id.
    FIND_MANDATE = "SELECT 1 FROM identity_mandate WHERE id = $1";

    /// An account's stage and when it came about.
    ACCOUNT_STATE = "SELECT stage, changed_at FROM identity_account WHERE id = $1";

    /// The assurance that a service asks for from a day on.
    SET_REQUIREMENT = "INSERT INTO identity_requirement (service, valid_from, level, names, decision, sample) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service, valid_from) DO UPDATE SET level = excluded.level, names = excluded.names, decision = excluded.decision, sample = excluded.sample";
    /// The assurance that a service asks for on a day.
    REQUIREMENT_ON = "SELECT level, names, decision, valid_from FROM identity_requirement WHERE service = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1";
    /// What a service asks for, and from when.
    REQUIREMENTS_OF = "SELECT valid_from, level, decision FROM identity_requirement WHERE service = $1 ORDER BY valid_from LIMIT 200";
    /// What every service asks for, and from when.
    REQUIREMENTS = "SELECT service, valid_from, level, names, decision, sample FROM identity_requirement ORDER BY service, valid_from LIMIT 2000";

    /// One more of this kind today.
    COUNT = "INSERT INTO identity_count (day, event, client, detail, total) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (day, event, client, detail) DO UPDATE SET total = identity_count.total + 1";
    /// What was counted from a day on, newest day first.
    COUNTS = "SELECT day, event, client, detail, total FROM identity_count WHERE day >= $1 ORDER BY day DESC, client, event, detail LIMIT 5000";

    /// Begins a session at the provider.
    INSERT_SESSION = "INSERT INTO identity_session (id, token, holder, level, methods, stage, proven_at, seen_at, ends_at, device, network) VALUES ($1, $2, $3, $4, $5, 'live', $6, $6, $7, $8, $9)";
    /// A session, by its cookie.
    SESSION_BY_TOKEN = "SELECT id, holder, level, methods, proven_at, seen_at, ends_at FROM identity_session WHERE token = $1 AND stage = 'live'";
    /// A session that was not ended, by its id.
    LIVE_SESSION = "SELECT id, holder, level, methods, proven_at, seen_at, ends_at FROM identity_session WHERE id = $1 AND stage = 'live'";
    /// A session, by its id.
    SESSION = "SELECT holder, level, methods, proven_at, stage FROM identity_session WHERE id = $1";
    /// Somebody's sessions that were not ended, newest first.
    SESSIONS_OF = "SELECT id, proven_at, seen_at, ends_at, device, network FROM identity_session WHERE holder = $1 AND stage = 'live' ORDER BY id DESC LIMIT 100";
    /// The names of the clients that were given something under a session.
    NAMES_OF_SESSION = "SELECT DISTINCT c.names FROM identity_authorization a JOIN identity_client c ON c.id = a.client WHERE a.session = $1 AND a.stage = 'exchanged'";
    /// The other services that were entered with a session.
    OTHERS_OF_SESSION = "SELECT DISTINCT c.names FROM identity_authorization a JOIN identity_client c ON c.id = a.client WHERE a.session = $1 AND a.client <> $2 AND a.stage = 'exchanged' LIMIT 50";
    /// Revokes what one client was given under a session.
    REVOKE_IN_SESSION = "UPDATE identity_token SET stage = 'revoked' WHERE stage = 'live' AND family IN (SELECT id FROM identity_authorization WHERE session = $1 AND client = $2)";
    /// One client is not in a session any more.
    LEAVE_CLIENT = "UPDATE identity_authorization SET stage = 'revoked' WHERE session = $1 AND client = $2 AND stage = 'exchanged'";
    /// A session was used.
    TOUCH_SESSION = "UPDATE identity_session SET seen_at = $1 WHERE id = $2 AND stage = 'live'";
    /// Clients that were given something under a session.
    CLIENTS_OF_SESSION = "SELECT DISTINCT c.id, c.policy FROM identity_authorization a JOIN identity_client c ON c.id = a.client WHERE a.session = $1 AND a.stage IN ('exchanged', 'revoked')";
    /// Ends a session.
    END_SESSION = "UPDATE identity_session SET stage = 'ended', ends_at = $1 WHERE id = $2 AND stage = 'live'";
    /// Removes what hangs on no authorization any more.
    DELETE_OVER_SESSIONS = "DELETE FROM identity_session WHERE id IN (SELECT s.id FROM identity_session s WHERE s.ends_at < $1 AND NOT EXISTS (SELECT 1 FROM identity_authorization a WHERE a.session = s.id) ORDER BY s.ends_at LIMIT 400)";

    /// Begins an authorization.
    INSERT_AUTHORIZATION = "INSERT INTO identity_authorization (id, client, browser, request, stage, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// An authorization.
    AUTHORIZATION = "SELECT client, browser, request, stage, holder, session, ends_at, began_at, mandate FROM identity_authorization WHERE id = $1";
    /// An authorization, by the hash of its code.
    AUTHORIZATION_BY_CODE = "SELECT id FROM identity_authorization WHERE code = $1";
    /// A pushed request is taken up by a browser, from another that did not sign in.
    ASK = "UPDATE identity_authorization SET stage = 'asked', browser = $1, ends_at = $2 WHERE id = $3 AND stage IN ('begun', 'asked')";
    /// The password was right.
    KNOW = "UPDATE identity_authorization SET stage = $1, holder = $2 WHERE id = $3";
    /// Who it is was proven: here is the code.
    PROVE = "UPDATE identity_authorization SET stage = 'coded', holder = $1, session = $2, code = $3, ends_at = $4, mandate = $5 WHERE id = $6";
    /// Another stage of an authorization.
    SET_AUTHORIZATION_STAGE = "UPDATE identity_authorization SET stage = $1 WHERE id = $2";
    /// How long an exchanged authorization is remembered.
    KEEP_AUTHORIZATION = "UPDATE identity_authorization SET ends_at = $1 WHERE id = $2 AND ends_at < $1";
    /// Removes what is over and has no tokens.
    DELETE_OVER_AUTHORIZATIONS = "DELETE FROM identity_authorization WHERE id IN (SELECT a.id FROM identity_authorization a WHERE a.ends_at < $1 AND NOT EXISTS (SELECT 1 FROM identity_token t WHERE t.family = a.id) AND NOT EXISTS (SELECT 1 FROM identity_device d WHERE d.device_code = a.code) ORDER BY a.ends_at LIMIT 400)";
    /// An authorization that somebody allowed on a page of ours.
    INSERT_CODED = "INSERT INTO identity_authorization (id, client, request, stage, holder, session, code, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    /// A device begins.
    INSERT_DEVICE = "INSERT INTO identity_device (id, client, device_code, user_code, request, stage, place, interval_seconds, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// A device's request.
    DEVICE = "SELECT client, device_code, request, stage, holder, place, interval_seconds, polled_at, began_at, ends_at FROM identity_device WHERE id = $1";
    /// By the code that somebody types.
    DEVICE_BY_USER_CODE = "SELECT id FROM identity_device WHERE user_code = $1";
    /// By the code that the device has.
    DEVICE_BY_DEVICE_CODE = "SELECT id FROM identity_device WHERE device_code = $1";
    /// Somebody typed the code.
    SET_DEVICE_HOLDER = "UPDATE identity_device SET stage = $1, holder = $2 WHERE id = $3";
    /// Another stage of a device's request.
    SET_DEVICE_STAGE = "UPDATE identity_device SET stage = $1 WHERE id = $2";
    /// A device asked.
    SET_DEVICE_POLLED = "UPDATE identity_device SET polled_at = $1, interval_seconds = $2 WHERE id = $3";
    /// A device has its tokens; its code is remembered until then.
    KEEP_DEVICE = "UPDATE identity_device SET stage = $1, ends_at = $2 WHERE id = $3";
    /// Removes what is over.
    DELETE_OVER_DEVICES = "DELETE FROM identity_device WHERE id IN (SELECT id FROM identity_device WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Keeps a token.
    INSERT_TOKEN = "INSERT INTO identity_token (hash, family, kind, stage, made_at, ends_at, bound) VALUES ($1, $2, $3, 'live', $4, $5, $6)";
    /// A token.
    TOKEN = "SELECT family, kind, stage, ends_at, bound FROM identity_token WHERE hash = $1";
    /// Another stage of a token.
    SET_TOKEN_STAGE = "UPDATE identity_token SET stage = $1 WHERE hash = $2 AND stage = 'live'";
    /// Revokes a family.
    REVOKE_FAMILY = "UPDATE identity_token SET stage = 'revoked' WHERE family = $1 AND stage <> 'revoked'";
    /// Revokes what a client has about somebody.
    REVOKE_OF_CLIENT = "UPDATE identity_token SET stage = 'revoked' WHERE stage = 'live' AND family IN (SELECT id FROM identity_authorization WHERE client = $1 AND holder = $2)";
    /// Revokes what was given under a session.
    REVOKE_OF_SESSION = "UPDATE identity_token SET stage = 'revoked' WHERE stage = 'live' AND family IN (SELECT id FROM identity_authorization WHERE session = $1)";
    /// Removes tokens that are over.
    DELETE_OVER_TOKENS = "DELETE FROM identity_token WHERE hash IN (SELECT hash FROM identity_token WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Takes a client's assertion, once.
    TAKE_ASSERTION = "INSERT INTO identity_once (hash, ends_at) VALUES ($1, $2) ON CONFLICT (ends_at, hash) DO NOTHING";
    /// Forgets assertions that are over.
    DELETE_OVER_ASSERTIONS = "DELETE FROM identity_once WHERE (ends_at, hash) IN (SELECT ends_at, hash FROM identity_once WHERE ends_at < $1 ORDER BY ends_at, hash LIMIT 400)";

    /// Revokes a self-contained token.
    REVOKE = "INSERT INTO identity_revoked (hash, ends_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    /// Whether a self-contained token was revoked.
    REVOKED = "SELECT 1 FROM identity_revoked WHERE hash = $1";
    /// Forgets tokens that are over anyway.
    DELETE_OVER_REVOKED = "DELETE FROM identity_revoked WHERE hash IN (SELECT hash FROM identity_revoked WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// A token was made of another that stands for a person.
    INSERT_EXCHANGED = "INSERT INTO identity_exchanged (hash, subject, ends_at) VALUES ($1, $2, $3)";
    /// The token that it was made of.
    EXCHANGED = "SELECT subject FROM identity_exchanged WHERE hash = $1";
    /// Forgets such tokens that are over.
    DELETE_OVER_EXCHANGED = "DELETE FROM identity_exchanged WHERE hash IN (SELECT hash FROM identity_exchanged WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Keeps a key that signs from then on.
    INSERT_KEY = "INSERT INTO identity_key (id, purpose, algorithm, secret, made_at, signs_from, place) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Keys of a purpose that somebody may still need, oldest first.
    KEYS = "SELECT id, algorithm, secret, signs_from, place FROM identity_key WHERE purpose = $1 AND (retires_at IS NULL OR retires_at > $2) ORDER BY id";
    /// The newest key of a kind.
    NEWEST_KEY = "SELECT id, signs_from, place FROM identity_key WHERE purpose = $1 AND algorithm = $2 ORDER BY signs_from DESC, id DESC LIMIT 1";
    /// Keys before a newer one are no longer published after that time.
    RETIRE_KEYS = "UPDATE identity_key SET retires_at = $1 WHERE purpose = $2 AND algorithm = $3 AND retires_at IS NULL";
    /// Removes keys that nobody needs any more.
    DELETE_RETIRED_KEYS = "DELETE FROM identity_key WHERE id IN (SELECT id FROM identity_key WHERE retires_at < $1 ORDER BY retires_at LIMIT 400)";

    /// What somebody allowed a client.
    CONSENT = "SELECT scopes FROM identity_consent WHERE account = $1 AND client = $2";
    /// What somebody allowed anybody, the latest first.
    CONSENTS_OF = "SELECT c.client, l.names, c.scopes, c.given_at FROM identity_consent c JOIN identity_client l ON l.id = c.client WHERE c.account = $1 ORDER BY c.given_at DESC, c.client";
    /// Somebody takes it back.
    DELETE_CONSENT = "DELETE FROM identity_consent WHERE account = $1 AND client = $2";
    /// Somebody allows a client something.
    SET_CONSENT = "INSERT INTO identity_consent (account, client, scopes, given_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account, client) DO UPDATE SET scopes = excluded.scopes, given_at = excluded.given_at";

    /// Keeps a passkey.
    INSERT_PASSKEY = "INSERT INTO identity_passkey (id, holder, credential, public_key, counter, synced, device, made_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (credential) DO NOTHING";
    /// A passkey, by what its device calls it.
    PASSKEY = "SELECT id, holder, public_key FROM identity_passkey WHERE credential = $1";
    /// Somebody's passkeys, newest first.
    PASSKEYS_OF = "SELECT id, credential, synced, device, made_at, used_at FROM identity_passkey WHERE holder = $1 ORDER BY id DESC LIMIT 20";
    /// A passkey was used.
    USE_PASSKEY = "UPDATE identity_passkey SET counter = $1, used_at = $2 WHERE id = $3 AND (counter < $1 OR (counter = 0 AND $1 = 0))";
    /// Removes a passkey.
    DELETE_PASSKEY = "DELETE FROM identity_passkey WHERE id = $1 AND holder = $2";
    /// Removes the passkeys of a closed account.
    DELETE_PASSKEYS = "DELETE FROM identity_passkey WHERE holder = $1";

    /// Keeps a code of a sheet.
    INSERT_SHEET_CODE = "INSERT INTO identity_sheet_code (hash, account, made_at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING";
    /// Takes a code of a sheet, once.
    TAKE_SHEET_CODE = "UPDATE identity_sheet_code SET used_at = $1 WHERE hash = $2 AND account = $3 AND used_at IS NULL";
    /// How many codes of a sheet are left, and when it was made.
    SHEET = "SELECT COUNT(*), MAX(made_at) FROM identity_sheet_code WHERE account = $1 AND used_at IS NULL";
    /// A sheet gives way to another.
    DELETE_SHEET = "DELETE FROM identity_sheet_code WHERE account = $1";

    /// Begins a way back.
    INSERT_RECOVERY = "INSERT INTO identity_recovery (id, account, browser, stage, proof, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A way back.
    RECOVERY = "SELECT account, browser, stage, proof, ends_at FROM identity_recovery WHERE id = $1";
    /// Another stage of a way back.
    SET_RECOVERY = "UPDATE identity_recovery SET stage = $1, ends_at = $2 WHERE id = $3 AND stage = $4";
    /// Until when what could lock the owner out waits.
    RECOVERED = "SELECT MAX(w.waits) FROM (SELECT ends_at AS waits FROM identity_recovery WHERE account = $1 AND stage = 'done' UNION ALL SELECT guarded_until AS waits FROM identity_account WHERE id = $1 UNION ALL SELECT guarded_until AS waits FROM identity_officer WHERE id = $1) w";
    /// The same of an officer.
    GUARD_OFFICER = "UPDATE identity_officer SET guarded_until = $1 WHERE id = $2";
    /// What could lock the owner out waits until then.
    GUARD_ACCOUNT = "UPDATE identity_account SET guarded_until = $1 WHERE id = $2";
    /// Ways back into an account that are under way are over.
    END_RECOVERIES = "UPDATE identity_recovery SET ends_at = $1 WHERE account = $2 AND stage <> 'done' AND ends_at > $1";
    /// Removes ways back that are over.
    DELETE_OVER_RECOVERIES = "DELETE FROM identity_recovery WHERE id IN (SELECT id FROM identity_recovery WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Begins a comparison.
    INSERT_COMPARISON = "INSERT INTO identity_comparison (id, about, person, account, officer, unit, stage, cause, data, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    /// A comparison.
    COMPARISON = "SELECT about, person, account, officer, unit, stage, cause, data, began_at, ends_at, decided_by, decided_at FROM identity_comparison WHERE id = $1";
    /// A comparison goes on at its counter.
    SET_COMPARISON = "UPDATE identity_comparison SET stage = $1, cause = $2, account = $3, data = $4, ends_at = $5 WHERE id = $6 AND stage = $7";
    /// Comparisons that wait for an authentication officer, oldest first.
    WAITING_COMPARISONS = "SELECT id, unit, cause, began_at FROM identity_comparison WHERE stage = 'waiting' ORDER BY id LIMIT 100";
    /// Comparisons that were decided, newest first.
    DECIDED_COMPARISONS = "SELECT id, unit, cause, began_at FROM identity_comparison WHERE stage IN ('cleared', 'confirmed') ORDER BY id DESC LIMIT 20";
    /// Whether an earlier comparison of a number waits.
    DOUBTED = "SELECT began_at FROM identity_comparison WHERE about = $1 AND stage IN ('waiting', 'confirmed') ORDER BY id DESC LIMIT 1";
    /// A comparison that waited is decided.
    DECIDE_COMPARISON = "UPDATE identity_comparison SET stage = $1, decided_by = $2, decided_at = $3, ends_at = $4, data = $5 WHERE id = $6 AND stage = $7";
    /// Comparisons that are over.
    OVER_COMPARISONS = "SELECT id, person FROM identity_comparison WHERE ends_at < $1 AND stage <> 'waiting' ORDER BY ends_at LIMIT 100";
    /// Removes one that is over.
    DELETE_COMPARISON = "DELETE FROM identity_comparison WHERE id = $1";
    /// Whether a person is known, or others of their comparisons are kept.
    PERSON_STAYS = "SELECT 1 FROM identity_person WHERE id = $1 UNION SELECT 1 FROM identity_comparison WHERE person = $1";

    /// Keeps a code that a counter printed.
    INSERT_OPENING_CODE = "INSERT INTO identity_opening_code (hash, account, made_at, ends_at) VALUES ($1, $2, $3, $4)";
    /// Takes such a code, once.
    TAKE_OPENING_CODE = "DELETE FROM identity_opening_code WHERE hash = $1 AND account = $2 AND ends_at > $3";
    /// Such codes of an account end.
    DELETE_OPENING_CODES = "DELETE FROM identity_opening_code WHERE account = $1";
    /// Removes such codes that are over.
    DELETE_OVER_OPENING_CODES = "DELETE FROM identity_opening_code WHERE hash IN (SELECT hash FROM identity_opening_code WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";

    /// Names a contact.
    INSERT_CONTACT = "INSERT INTO identity_contact (id, account, about, number, stage, changed_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// A contact.
    CONTACT = "SELECT account, about, contact, stage FROM identity_contact WHERE id = $1";
    /// Another stage of a contact.
    SET_CONTACT = "UPDATE identity_contact SET stage = $1, contact = $2, changed_at = $3 WHERE id = $4 AND stage = $5";
    /// An account's contacts, in the order of their naming.
    CONTACTS_OF = "SELECT id, number, contact FROM identity_contact WHERE account = $1 AND stage IN ('asked', 'accepted') ORDER BY id LIMIT 10";
    /// Who named a number, or has its holder's account as a contact.
    CONTACTS_ABOUT = "SELECT id, account, stage FROM identity_contact WHERE (about = $1 AND stage = 'asked') OR (contact = $2 AND stage = 'accepted') ORDER BY id LIMIT 50";
    /// An account's contacts who accepted.
    ACCEPTED_CONTACTS = "SELECT c.id, c.contact FROM identity_contact c JOIN identity_account a ON a.id = c.contact WHERE c.account = $1 AND c.stage = 'accepted' AND a.stage = 'open' ORDER BY c.id LIMIT 10";
    /// The one who accepted to be another's contact.
    CONTACT_BETWEEN = "SELECT id FROM identity_contact WHERE account = $1 AND contact = $2 AND stage = 'accepted'";
    /// Forgets contacts that are gone.
    DELETE_GONE_CONTACTS = "DELETE FROM identity_contact WHERE id IN (SELECT c.id FROM identity_contact c WHERE c.stage = 'gone' AND c.changed_at < $1 AND NOT EXISTS (SELECT 1 FROM identity_vouch w WHERE w.contact = c.id) ORDER BY c.changed_at LIMIT 400)";

    /// Begins a way back by contacts.
    INSERT_VOUCHING = "INSERT INTO identity_vouching (id, account, browser, cancel, stage, tries, began_at, ends_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
    /// A way back by contacts.
    VOUCHING = "SELECT account, browser, stage, tries, began_at, ready_at, ends_at FROM identity_vouching WHERE id = $1";
    /// The one that a code stops.
    VOUCHING_BY_CANCEL = "SELECT id FROM identity_vouching WHERE cancel = $1";
    /// Those under way into an account.
    VOUCHINGS_OF = "SELECT account, browser, stage, tries, began_at, ready_at, ends_at, id FROM identity_vouching WHERE account = $1 AND stage IN ('asked', 'waiting') AND ends_at > $2 ORDER BY id LIMIT 20";
    /// Those that wait for a contact's word.
    VOUCHINGS_FOR = "SELECT v.id, v.account, v.began_at FROM identity_vouching v JOIN identity_contact c ON c.account = v.account WHERE c.contact = $1 AND c.stage = 'accepted' AND v.stage = 'asked' AND v.ends_at > $2 AND NOT EXISTS (SELECT 1 FROM identity_vouch w WHERE w.vouching = v.id AND w.contact = c.id AND w.stage <> 'asked') ORDER BY v.id LIMIT 20";
    /// Another stage of a way back by contacts.
    SET_VOUCHING = "UPDATE identity_vouching SET stage = $1, tries = $2, ready_at = $3, ends_at = $4 WHERE id = $5 AND stage = $6";
    /// What a contact said.
    VOUCH = "SELECT stage, tries FROM identity_vouch WHERE vouching = $1 AND contact = $2";
    /// A contact says something.
    INSERT_VOUCH = "INSERT INTO identity_vouch (vouching, contact, stage, tries, changed_at) VALUES ($1, $2, $3, $4, $5)";
    /// And something else.
    SET_VOUCH = "UPDATE identity_vouch SET stage = $3, tries = $4, changed_at = $5 WHERE vouching = $1 AND contact = $2 AND stage = 'asked'";
    /// Accounts of the contacts who vouched and still are contacts.
    VOUCHED = "SELECT c.contact FROM identity_vouch w JOIN identity_contact c ON c.id = w.contact WHERE w.vouching = $1 AND w.stage = 'vouched' AND c.stage = 'accepted' ORDER BY c.id";
    /// Removes what was said of ways back that are over.
    DELETE_OVER_VOUCHES = "DELETE FROM identity_vouch WHERE vouching IN (SELECT id FROM identity_vouching WHERE ends_at < $1 ORDER BY ends_at LIMIT 100)";
    /// Removes ways back by contacts that are over.
    DELETE_OVER_VOUCHINGS = "DELETE FROM identity_vouching WHERE id IN (SELECT v.id FROM identity_vouching v WHERE v.ends_at < $1 AND NOT EXISTS (SELECT 1 FROM identity_vouch w WHERE w.vouching = v.id) ORDER BY v.ends_at LIMIT 100)";

    /// Keeps a certificate; not if its key has one.
    INSERT_CERTIFICATE = "INSERT INTO identity_certificate (id, account, name, serial, fingerprint, key_hash, certificate, stage, made_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (key_hash) DO NOTHING";
    /// An account's certificates, newest first.
    CERTIFICATES_OF = "SELECT id, name, stage, made_at, ends_at, used_at, revoked_at FROM identity_certificate WHERE account = $1 ORDER BY id DESC LIMIT 20";
    /// Those that hold.
    LIVE_CERTIFICATES_OF = "SELECT id, serial FROM identity_certificate WHERE account = $1 AND stage = 'live' AND ends_at > $2 ORDER BY id LIMIT 20";
    /// A certificate as its owner downloads it.
    CERTIFICATE_FILE = "SELECT name, certificate FROM identity_certificate WHERE id = $1 AND account = $2";
    /// A certificate.
    CERTIFICATE = "SELECT id, account, name, serial, stage, ends_at FROM identity_certificate WHERE id = $1";
    /// The same by what was shown of it.
    CERTIFICATE_SHOWN = "SELECT id, account, name, serial, stage, ends_at FROM identity_certificate WHERE fingerprint = $1";
    /// Revokes a certificate, once.
    REVOKE_CERTIFICATE = "UPDATE identity_certificate SET stage = $1, revoked_at = $2 WHERE id = $3 AND account = $4 AND stage = $5";
    /// A certificate was used.
    USE_CERTIFICATE = "UPDATE identity_certificate SET used_at = $1 WHERE id = $2";
    /// A certificate was shown for a request.
    INSERT_SHOWING = "INSERT INTO identity_showing (hash, request, certificate, stage, ends_at) VALUES ($1, $2, $3, $4, $5)";
    /// What a ticket says.
    SHOWING = "SELECT request, certificate, stage, ends_at FROM identity_showing WHERE hash = $1";
    /// A ticket was taken: what it says holds as long as the request.
    TAKE_SHOWING = "UPDATE identity_showing SET stage = $1, ends_at = $2 WHERE hash = $3 AND stage = $4";
    /// What was taken for a request.
    TAKEN_SHOWING = "SELECT certificate FROM identity_showing WHERE request = $1 AND stage = 'taken' AND ends_at > $2 ORDER BY ends_at DESC, hash LIMIT 1";
    /// What was shown for a request counts no more.
    DELETE_SHOWINGS = "DELETE FROM identity_showing WHERE request = $1";
    /// Removes what is over.
    DELETE_OVER_SHOWINGS = "DELETE FROM identity_showing WHERE hash IN (SELECT hash FROM identity_showing WHERE ends_at < $1 ORDER BY ends_at LIMIT 400)";
    /// Certificates whose stage and date disagree, and live ones of accounts that are not open.
    CROOKED_CERTIFICATES = "SELECT c.id FROM identity_certificate c JOIN identity_account a ON a.id = c.account WHERE (c.stage = 'live' AND c.revoked_at IS NOT NULL) OR (c.stage = 'revoked' AND c.revoked_at IS NULL) OR c.stage NOT IN ('live', 'revoked') OR (c.stage = 'live' AND a.stage <> 'open') LIMIT 50";

    /// Credentials of nobody.
    STRAY_CREDENTIALS = "SELECT c.holder || ' ' || c.kind FROM identity_credential c WHERE NOT EXISTS (SELECT 1 FROM identity_account a WHERE a.id = c.holder AND a.stage <> 'closed') AND NOT EXISTS (SELECT 1 FROM identity_officer o WHERE o.id = c.holder) LIMIT 50";
    /// Passkeys of nobody, and sheets of closed accounts.
    STRAY_FACTORS = "SELECT k.holder FROM identity_passkey k WHERE NOT EXISTS (SELECT 1 FROM identity_account a WHERE a.id = k.holder AND a.stage <> 'closed') AND NOT EXISTS (SELECT 1 FROM identity_officer o WHERE o.id = k.holder) UNION SELECT account FROM identity_sheet_code WHERE account IN (SELECT id FROM identity_account WHERE stage = 'closed') UNION SELECT account FROM identity_opening_code WHERE account IN (SELECT id FROM identity_account WHERE stage = 'closed') LIMIT 50";
    /// Open accounts that nobody can sign in to.
    MUTE_ACCOUNTS = "SELECT a.id FROM identity_account a WHERE a.stage = 'open' AND NOT EXISTS (SELECT 1 FROM identity_credential c WHERE c.holder = a.id AND c.kind = 'password') LIMIT 50";
    /// Officers without a password, or with nothing beside it.
    HALF_OFFICERS = "SELECT o.id FROM identity_officer o WHERE o.stage = 'open' AND (NOT EXISTS (SELECT 1 FROM identity_credential c WHERE c.holder = o.id AND c.kind = 'password') OR (NOT EXISTS (SELECT 1 FROM identity_credential c WHERE c.holder = o.id AND c.kind = 'totp') AND NOT EXISTS (SELECT 1 FROM identity_passkey k WHERE k.holder = o.id))) LIMIT 50";
    /// Accounts whose level and number disagree.
    CROOKED_LEVELS = "SELECT a.id FROM identity_account a JOIN identity_person p ON p.id = a.person WHERE a.stage <> 'closed' AND ((a.level = 'low' AND p.owned IS NOT NULL) OR (a.level <> 'low' AND p.owned IS NULL) OR (p.owned IS NOT NULL AND p.owned <> p.claimed)) LIMIT 50";
    /// Codes of no transaction.
    STRAY_CODES = "SELECT c.id FROM identity_code c WHERE c.stage = 'sent' AND NOT EXISTS (SELECT 1 FROM identity_opening o WHERE o.id = c.deal) AND NOT EXISTS (SELECT 1 FROM identity_authorization a WHERE a.id = c.deal) AND NOT EXISTS (SELECT 1 FROM identity_recovery r WHERE r.id = c.deal) AND NOT EXISTS (SELECT 1 FROM identity_comparison m WHERE m.id = c.deal) LIMIT 50";
    /// Comparisons whose stage, cause and account disagree.
    CROOKED_COMPARISONS = "SELECT id FROM identity_comparison WHERE (stage = 'same' AND (account IS NULL OR cause <> '')) OR (stage IN ('waiting', 'cleared', 'confirmed') AND cause = '') OR (stage IN ('cleared', 'confirmed') AND decided_by IS NULL) OR decided_by = officer LIMIT 50";
    /// Contacts who accepted without an account, or are more than three.
    CROOKED_CONTACTS = "SELECT id FROM identity_contact WHERE (stage = 'accepted' AND contact IS NULL) OR contact = account UNION SELECT account FROM identity_contact WHERE stage IN ('asked', 'accepted') GROUP BY account HAVING COUNT(*) > 3 LIMIT 50";
    /// Ways back that fewer than two contacts opened.
    UNVOUCHED = "SELECT v.id FROM identity_vouching v WHERE v.stage IN ('waiting', 'done') AND (v.ready_at IS NULL OR 2 > (SELECT COUNT(*) FROM identity_vouch w WHERE w.vouching = v.id AND w.stage = 'vouched')) LIMIT 50";
    /// Codes that were tried more often than they may be.
    OVERTRIED_CODES = "SELECT id FROM identity_code WHERE tries > 5 OR (tries = 5 AND stage = 'sent') LIMIT 50";
    /// Authorizations with a code and nobody behind it.
    FACELESS = "SELECT id FROM identity_authorization WHERE stage IN ('coded', 'exchanged', 'revoked') AND (holder IS NULL OR session IS NULL OR code IS NULL) LIMIT 50";
    /// Devices whose stage, person and authorization disagree.
    CROOKED_DEVICES = "SELECT d.id FROM identity_device d LEFT JOIN identity_authorization a ON a.code = d.device_code WHERE (d.stage = 'pending' AND d.holder IS NOT NULL) OR (d.stage <> 'pending' AND d.holder IS NULL) OR (d.stage IN ('pending', 'typed', 'refused') AND a.id IS NOT NULL) OR (d.stage IN ('allowed', 'exchanged', 'revoked') AND (a.id IS NULL OR a.holder <> d.holder OR a.client <> d.client)) OR (d.stage = 'allowed' AND a.stage <> 'coded') OR (d.stage IN ('exchanged', 'revoked') AND a.stage = 'coded') LIMIT 50";
    /// Live tokens of a revoked family, or of a session that ended.
    UNDEAD_TOKENS = "SELECT t.family FROM identity_token t JOIN identity_authorization a ON a.id = t.family LEFT JOIN identity_session s ON s.id = a.session WHERE t.stage = 'live' AND (a.stage <> 'exchanged' OR s.stage IS NULL OR s.stage = 'ended') LIMIT 50";

    /// A passport as its holder typed it.
    SAY_PASSPORT = "INSERT INTO identity_passport (person, data, said_at) VALUES ($1, $2, $3) ON CONFLICT (person) DO UPDATE SET data = excluded.data, said_at = excluded.said_at";
    /// A passport as an officer of a mission had it in hand.
    SEE_PASSPORT = "INSERT INTO identity_passport (person, data, seen_at, seen_by, unit) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person) DO UPDATE SET data = excluded.data, seen_at = excluded.seen_at, seen_by = excluded.seen_by, unit = excluded.unit";
    /// What is known of a person's passport.
    PASSPORT = "SELECT data, seen_at FROM identity_passport WHERE person = $1";
    /// Passports of which nobody said or saw anything, or that were seen nowhere.
    CROOKED_PASSPORTS = "SELECT person FROM identity_passport WHERE (said_at IS NULL AND seen_at IS NULL) OR (seen_at IS NOT NULL AND (seen_by IS NULL OR unit IS NULL)) LIMIT 50";

    /// A person, by their id.
    FIND_PERSON = "SELECT 1 FROM identity_person WHERE id = $1";
    /// An officer, by their id.
    FIND_OFFICER = "SELECT 1 FROM identity_officer WHERE id = $1";
    /// An account, by its id.
    FIND_ACCOUNT = "SELECT 1 FROM identity_account WHERE id = $1";

    /// Keeps a company as a person without an account.
    INSERT_COMPANY_PERSON = "INSERT INTO identity_person (id, claimed, id_number, birth_date, made_at) VALUES ($1, $2, $3, $4, $5)";
    /// Keeps a company that the register only named yet.
    INSERT_COMPANY = "INSERT INTO identity_company (person, number_index, data, stage, jointly, told_at) VALUES ($1, $2, $3, 'unheard', 0, $4)";
    /// What the register says of a company.
    SET_COMPANY = "UPDATE identity_company SET data = $1, stage = $2, jointly = $3, told_at = $4 WHERE person = $5";
    /// A company.
    COMPANY = "SELECT person, data, stage, jointly FROM identity_company WHERE person = $1";
    /// A company, by its number.
    COMPANY_BY_NUMBER = "SELECT person FROM identity_company WHERE number_index = $1";
    /// The companies that a person signs for, as the register last said.
    COMPANIES_SIGNED_FOR = "SELECT c.person, c.data, c.stage, c.jointly FROM identity_company c JOIN identity_signatory s ON s.company = c.person JOIN identity_person p ON p.owned = s.about WHERE p.id = $1 AND c.stage <> 'unheard' ORDER BY c.person LIMIT 50";
    /// Companies with open mandates of which the register was not asked since.
    UNHEARD_COMPANIES = "SELECT c.person, c.data, c.stage, c.jointly FROM identity_company c WHERE c.told_at < $1 AND EXISTS (SELECT 1 FROM identity_mandate m WHERE m.principal = c.person AND m.stage IN ('proposed', 'awaiting', 'accepted')) ORDER BY c.told_at, c.person LIMIT 50";
    /// Who signs for a company and proved their number here.
    SIGNATORIES = "SELECT p.id FROM identity_signatory s JOIN identity_person p ON p.owned = s.about WHERE s.company = $1 ORDER BY p.id LIMIT 20";
    /// The register names a signatory.
    INSERT_SIGNATORY = "INSERT INTO identity_signatory (company, about) VALUES ($1, $2) ON CONFLICT (company, about) DO NOTHING";
    /// The register names others.
    DELETE_SIGNATORIES = "DELETE FROM identity_signatory WHERE company = $1";
    /// Somebody signs a mandate in a company's name.
    INSERT_SIGNATURE = "INSERT INTO identity_signature (mandate, company, needed, first) VALUES ($1, $2, $3, $4)";
    /// Who signed a mandate.
    SIGNATURE = "SELECT needed, first, second FROM identity_signature WHERE mandate = $1";
    /// A second signatory signs.
    SIGN_SECOND = "UPDATE identity_signature SET second = $1 WHERE mandate = $2 AND needed = 2 AND second IS NULL AND first <> $1";
    /// Mandates in a company's name that are open, newest first.
    OPEN_OF_COMPANY = "SELECT id, kind, principal, agent, agent_index, agent_number, basis, services, ceiling_minor, valid_from, valid_until, stage FROM identity_mandate WHERE principal = $1 AND stage IN ('proposed', 'awaiting', 'accepted') ORDER BY id DESC LIMIT 100";
    /// Open mandates that a person gave in a company's name, or signed for another.
    OPEN_SIGNED_BY = "SELECT m.id FROM identity_signature s JOIN identity_mandate m ON m.id = s.mandate WHERE (s.first = $1 OR s.second = $1) AND m.stage IN ('proposed', 'awaiting', 'accepted') AND (m.agent IS NULL OR m.agent <> $1) ORDER BY m.id LIMIT 100";
    /// Mandates in a company's name that too few signed, or that name no signature.
    UNSIGNED_MANDATES = "SELECT m.id FROM identity_mandate m JOIN identity_company c ON c.person = m.principal LEFT JOIN identity_signature s ON s.mandate = m.id WHERE s.mandate IS NULL OR s.company <> m.principal OR s.first = s.second OR (s.needed = 2 AND s.second IS NULL AND m.stage IN ('proposed', 'accepted')) LIMIT 50";
    /// Companies with a number that a human may prove, or with an account.
    EMBODIED_COMPANIES = "SELECT c.person FROM identity_company c JOIN identity_person p ON p.id = c.person WHERE p.owned IS NOT NULL UNION SELECT c.person FROM identity_company c JOIN identity_account a ON a.person = c.person LIMIT 50";
}
