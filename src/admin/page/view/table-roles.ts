// Rows are laid out as grids, so that the columns of all pools agree. Not every browser
// still takes them for a table then, so it is said.

/** A table whose rows are grids. */
export const TABLE = { role: "table" } as const;
/** Its body or head. */
export const ROWS = { role: "rowgroup" } as const;
/** A row of it. */
export const ROW = { role: "row" } as const;
/** What names a row. */
export const ROW_HEADER = { role: "rowheader" } as const;
/** What names a column. */
export const COLUMN_HEADER = { role: "columnheader" } as const;
/** A cell. */
export const CELL = { role: "cell" } as const;
