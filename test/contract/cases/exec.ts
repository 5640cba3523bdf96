import { fake, plainSpeech } from "../../servers/misbehaving.ts";
import type { CheckerCase } from "../checker-case.ts";
import { servePong } from "./tcp.ts";

// Bash connects by itself: the program is the one who meets the misbehaving server.
const SCRIPT = `
exec 3<>/dev/tcp/$0/$1 || exit 1
printf 'PING\\n' >&3
IFS= read -r -u 3 line || { echo "closed without an answer"; exit 2; }
echo "got $line"
[[ $line == +PONG* ]]
`;

/** exec with a program that asks the server itself. */
export const exec: CheckerCase = {
  options: { argv: ["bash", "-c", SCRIPT, "{host}", "{port}"] },
  healthy: () => fake(servePong),
  speech: { ...plainSpeech, after: "request" },
  expected: {
    refused: ["fail", /exit 1: .*refused/i, "at once"],
    "syn dropped": ["fail", /the program did not end/, "at the deadline"],
    silent: ["fail", /the program did not end/, "at the deadline"],
    hung: ["fail", /the program did not end/, "at the deadline"],
    drip: ["fail", /the program did not end/, "at the deadline"],
    endless: ["fail", /the program did not end/, "at the deadline"],
    "polite close": ["fail", /exit 2: closed without an answer/, "at once"],
    "wrong protocol": ["fail", /exit 1: got 220 mail\.example ESMTP/, "at once"],
    reset: ["fail", /exit [12]: /, "at once"],
  },
  tls: null,
  timeoutMs: 300,
};
