/** Builds src/admin/page for browsers into a folder below `root`. */
export function buildPage(root: string, outdir?: string): Promise<void>;
