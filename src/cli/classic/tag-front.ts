import type { Delivery, Log } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";
import type { Followed } from "../../registry/follow.ts";
import { type Address, connectLine, inWords, setLine } from "./lines.ts";
import { alarmNews, alarmWords } from "./news.ts";
import {
  type Answer,
  answerOf,
  type Listing,
  lacksMember,
  outcomeOf,
  publishedIn,
  type Seen,
  silence,
  trouble,
} from "./seen.ts";

/** One tag: its key in Consul, and the server that is looked at while the key names none. */
export interface Tag {
  readonly tag: string;
  readonly key: string;
  readonly first: Address;
  /** Who logs in; null: nobody. */
  readonly user: string | null;
}

/** What a tag speaks through. */
export interface TagVoice {
  /** A line of the old tool. */
  readonly say: (text: string) => void;
  readonly log: Log;
  /** The tag's state changed: an exit code may be known now, or Consul may be away. */
  readonly moved: () => void;
}

/** Turns what happens to one tag into the lines of the old tool. */
export class TagFront {
  readonly #tag: Tag;
  readonly #voice: TagVoice;
  #seen: Seen;
  #owes = false;
  #wrong: string | null = null;
  #listFailed = false;

  constructor(tag: Tag, listing: Listing, voice: TagVoice) {
    this.#tag = tag;
    this.#voice = voice;
    this.#seen = { tag: tag.tag, key: tag.key, view: null, followed: null, delivery: null, listing };
  }

  /** Why Consul is no help now; null: it is. */
  get trouble(): string | null {
    return trouble(this.#seen);
  }

  /** Whether it is the tag's own trouble: Consul can be read. */
  get isOwnTrouble(): boolean {
    return this.trouble !== null && silence(this.#seen) === null;
  }

  /** The exit code of `--once`; null while it is being found out. */
  get outcome(): number | null {
    return outcomeOf(this.#seen);
  }

  /** Whether the key has been looked for, found or not. */
  get knowsKey(): boolean {
    return this.#seen.followed !== null && this.#seen.followed.state !== "waiting";
  }

  /** Whether there may be slaves that are not known yet: none that is known is healthy. */
  get atLoss(): boolean {
    return lacksMember(this.#seen);
  }

  viewed(view: PoolView): void {
    const { began, ended } = alarmNews(this.#seen.view, view);
    const was = this.#seen.view ?? view;
    for (const alarm of began) this.#voice.log("warn", `${this.#tag.tag}: ${alarmWords(alarm, view)}`);
    for (const alarm of ended) this.#voice.log("info", `${this.#tag.tag}: over: ${alarmWords(alarm, was)}`);
    this.#see({ view });
  }

  followed(followed: Followed): void {
    this.#see({ followed });
  }

  delivered(delivery: Delivery): void {
    this.#see({ delivery });
  }

  /** The key has a new value: that is what the round came to. */
  wrote(address: Address): void {
    this.#owes = false;
    this.#wrong = null;
    this.#voice.say(setLine(this.#tag.tag, address));
  }

  listed(listing: Listing): void {
    const { tag, first } = this.#tag;
    if (listing.state === "failed" && !this.#listFailed)
      this.#voice.log("warn", `${tag}: ${inWords(first)} does not tell its slaves, the last ones stay: ${listing.why}`);
    if (listing.state === "answered" && this.#listFailed)
      this.#voice.log("info", `${tag}: ${inWords(first)} tells its slaves again`);
    this.#listFailed = listing.state === "failed";
    this.#see({ listing });
  }

  /** One round: what is looked at, and what it comes to as soon as that is known. */
  round(): void {
    this.#voice.say(connectLine(publishedIn(this.#seen) ?? this.#tag.first, this.#tag.user));
    this.#owes = true;
    this.#answer();
  }

  #see(news: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...news };
    this.#answer();
    this.#voice.moved();
  }

  #answer(): void {
    const answer: Answer | null = this.#owes ? answerOf(this.#seen) : null;
    if (answer === null) return;
    this.#owes = false;
    if (answer.kind === "fine") this.#voice.say(answer.text);
    else if (answer.text !== this.#wrong) this.#voice.log("warn", answer.text);
    this.#wrong = answer.kind === "fine" ? null : answer.text;
  }
}
