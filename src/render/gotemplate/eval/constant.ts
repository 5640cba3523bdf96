import type { BooleanNode, NumberNode, OperandNode, StringNode } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import { bitsOf, isSigned, isUnsigned, type Kind, type Type } from "../type.ts";
import { Complex, scalar, type Value } from "../value.ts";
import type { State } from "./state.ts";

/** A constant where nothing says which type it must have: its spelling decides. */
export function idealConstant(state: State, node: NumberNode): Value {
  state.node = node;
  const { complex, float, int, uint } = node.constant;
  if (complex !== null) return new Complex(complex.real, complex.imaginary);
  if (float !== null && looksLikeFloat(node.text)) return float;
  if (int !== null) return int;
  return uint === null ? undefined : state.fail(`${node.text} overflows int`);
}

function looksLikeFloat(text: string): boolean {
  const hexInt = /^0[xX]./.test(text) && !/[pP]/.test(text);
  return !hexInt && !text.startsWith("'") && /[.eEpP]/.test(text);
}

/** A constant as the argument of a parameter of this type. */
export function typedConstant(state: State, node: NumberNode | StringNode | BooleanNode, type: Type): Value {
  state.node = node;
  if (type.kind === "interface" || type.kind === "reflect") return untyped(state, node);
  const expected = expectation(type.kind);
  if (expected === null) return state.fail(`can't handle ${sourceOf(node)} for arg of type ${type.name}`);
  return fitting(node, type) ?? state.fail(`expected ${expected}; found ${sourceOf(node)}`);
}

function untyped(state: State, node: NumberNode | StringNode | BooleanNode): Value {
  if (node.kind === "number") return idealConstant(state, node);
  return node.kind === "string" ? node.text : node.value;
}

function expectation(kind: Kind): string | null {
  if (isSigned(kind)) return "integer";
  if (isUnsigned(kind)) return "unsigned integer";
  if (kind === "float32" || kind === "float64") return "float";
  if (kind === "complex128") return "complex";
  return kind === "bool" || kind === "string" ? kind : null;
}

function fitting(node: OperandNode, type: Type): Value | null {
  if (node.kind === "string") return type.kind === "string" ? scalar(type, node.text) : null;
  if (node.kind === "boolean") return type.kind === "bool" ? scalar(type, node.value) : null;
  if (node.kind !== "number") return null;
  const { complex, float, int, uint } = node.constant;
  if (isSigned(type.kind)) return int === null ? null : scalar(type, BigInt.asIntN(bitsOf(type.kind), int));
  if (isUnsigned(type.kind)) return uint === null ? null : scalar(type, BigInt.asUintN(bitsOf(type.kind), uint));
  if (type.kind === "float64" || type.kind === "float32") return float === null ? null : scalar(type, float);
  return complex === null || type.kind !== "complex128" ? null : new Complex(complex.real, complex.imaginary);
}
