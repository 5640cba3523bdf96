// What stands around the pools: whether this is news or history, the title and the icon of the tab.
import { clockTime } from "../view/words.ts";

/** What the frame shows. */
export interface Framed {
  readonly title: string;
  readonly icon: string;
  /** The daemon's time of what is shown. */
  readonly now: string | null;
}

/** Says whether the page is live. */
export interface Frame {
  show(framed: Framed): void;
  /** checkd answers. */
  reached(): void;
  /** checkd does not answer. */
  lost(): void;
}

/** A short break, as of a restart, is not worth an alarm. */
const ALARM_MS = 2000;

/** Takes over the frame that the server drew. */
export function createFrame(): Frame {
  const [line, clock, lost, news] = ["line", "clock", "lost", "news"].map((id) => document.getElementById(id));
  const say = (element: Element | null | undefined, text: string): void => {
    // The same again would be read aloud again.
    if (element != null && element.textContent !== text) element.textContent = text;
  };
  let shownAt: string | null = null;
  let alarm: ReturnType<typeof setTimeout> | null = null;
  const sound = (): void => {
    const age = shownAt === null ? "old" : `from ${clockTime(shownAt)} UTC`;
    say(lost, `checkd does not answer. What you see is ${age}.`);
    document.title = "checkd does not answer";
  };
  return {
    show({ title, icon, now }) {
      if (document.title !== title) {
        document.title = title;
        say(news, title);
      }
      document.getElementById("icon")?.setAttribute("href", icon);
      if (now === null) return;
      shownAt = now;
      say(clock, clockTime(now));
    },
    reached() {
      if (alarm !== null) clearTimeout(alarm);
      alarm = null;
      say(lost, "");
      say(line, "live");
      document.body.className = "live";
    },
    lost() {
      say(line, "last seen");
      document.body.className = "waiting";
      alarm ??= setTimeout(sound, ALARM_MS);
    },
  };
}
