// A configuration as text for people: what an import found, and what it could not take over, as comments.
import { Document, isMap, isScalar, isSeq } from "yaml";
import type { Path } from "../document.ts";
import type { Problem } from "../settings.ts";

/** What an import makes: the same configuration as an object and as a file with comments. */
export interface Imported {
  readonly config: Readonly<Record<string, unknown>>;
  readonly yaml: string;
}

/** An import, or everything that is in its way. */
export type ImportResult = { readonly imported: Imported } | { readonly problems: readonly Problem[] };

/** A comment above the key at a path. */
export interface Comment {
  readonly path: Path;
  readonly text: string;
}

/** YAML of a configuration with comments above keys and above all. */
export function yamlText(config: object, heading: readonly string[], comments: readonly Comment[]): string {
  const doc = new Document(config);
  for (const { path, text } of comments) commentAt(doc, path, text);
  doc.commentBefore = heading.map((line) => ` ${line}`).join("\n");
  return doc.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function commentAt(doc: Document, path: Path, text: string): void {
  const parent = doc.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  const node = isSeq(parent) ? parent.items[Number(key)] : pair?.key;
  if (!isScalar(node) && !isMap(node)) return;
  const line = ` ${text}`;
  node.commentBefore = node.commentBefore ? `${node.commentBefore}\n${line}` : line;
}
