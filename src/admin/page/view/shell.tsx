import type { TargetAnswer } from "../../answers.ts";

const quoted = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The same orders in a shell: for those without script, and for the runbook. */
export function Shell({ answer: { target } }: { readonly answer: TargetAnswer }) {
  if (target.part === "reference") return <p class="empty">A reference never serves: there is nothing to order.</p>;
  const id = quoted(target.id);
  const line =
    target.order === null
      ? `checkd drain ${id} --reason 'why' --for 30m`
      : `checkd ready ${id} --reason 'why it may serve again'`;
  return (
    <p class="shell">
      In a shell: <code>{line}</code>
    </p>
  );
}
