/** A line of the render log; the levels are confd's. */
export type RenderLog = (level: "debug" | "info" | "warning" | "error", text: string) => void;
