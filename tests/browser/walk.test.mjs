// The walk: everything in one process.

import { walkExtract } from "./extract.mjs";
import { journey, useWorld } from "./harness.mjs";

const world = useWorld();

journey(world, "the family extract, from sign-in to a paper in hand", (visitor) => walkExtract(world, visitor));
