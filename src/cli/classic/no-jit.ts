import { z } from "zod";

// Code made for a schema pays for itself after many values; a configuration is one. It must be said before the first
// schema is made, so this is imported before everything else.
z.config({ jitless: true });
