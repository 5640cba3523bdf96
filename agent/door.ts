import type { Server } from "node:net";
import type { Connections } from "./connections.ts";
import type { Polls } from "./polls.ts";
import type { Replies } from "./replies.ts";
import type { Asked } from "./request.ts";
import type { Counts } from "./stats.ts";
import type { Warnings } from "./warnings.ts";

/** What the doors of one agent have in common. */
export interface Inside {
  readonly polls: Polls;
  readonly replies: Replies;
  readonly connections: Connections;
  readonly counts: Counts;
  readonly warnings: Warnings;
  readonly isTarget: (asked: Asked) => boolean;
  /** Counts and warns of a name that is not there. */
  readonly unknownName: (name: string, peer: string) => void;
}

/** A server that may listen, and how the connections that it still has are ended. */
export interface Door {
  readonly server: Server;
  readonly end: () => void;
}
