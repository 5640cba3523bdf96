/** The project's folder. */
export const ROOT: string;
/** Bundles the programs into dist/, unless no source has changed since. */
export function build(): void;
