import { ResourceError } from "./resource.ts";

/** A TOML table by lower-cased names: confd reads names without regard to case. */
export type Fields = ReadonlyMap<string, unknown>;

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The fields of a table; none when there is no such table. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (value === undefined) return new Map();
  if (!isTable(value)) throw new ResourceError(`${name} must be a table`);
  return new Map(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]));
}

/** A table within, with its names as they are written. */
export function entriesOf(fields: Fields, name: string): readonly (readonly [string, unknown])[] {
  const value = fields.get(name);
  if (value === undefined) return [];
  if (!isTable(value)) throw new ResourceError(`${name} must be a table`);
  return Object.entries(value);
}

function read<T>(fields: Fields, name: string, what: string, is: (value: unknown) => value is T): T | undefined {
  const value = fields.get(name.toLowerCase());
  if (value === undefined || is(value)) return value;
  throw new ResourceError(`${name} must be ${what}`);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** A string. */
export const text = (fields: Fields, name: string): string | undefined => read(fields, name, "a string", isText);

/** A list of strings. */
export const texts = (fields: Fields, name: string): readonly string[] | undefined =>
  read(fields, name, "a list of strings", isList);

/** A whole number. */
export const whole = (fields: Fields, name: string): number | undefined =>
  read(fields, name, "a whole number", (value): value is number => Number.isInteger(value));

/** true or false. */
export const flag = (fields: Fields, name: string): boolean | undefined =>
  read(fields, name, "true or false", (value): value is boolean => typeof value === "boolean");
