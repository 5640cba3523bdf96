import { describe, expect, it } from "vitest";
import { Agenda } from "../../../src/render/agenda.ts";

const never = (): boolean => false;

describe("an agenda", () => {
  it("waits until it is quiet", () => {
    const agenda = new Agenda<string>();
    agenda.mark("a", 0, 20);
    agenda.mark("a", 15, 20);
    expect(agenda.next).toBe(35);
    expect(agenda.take(34, never)).toEqual([]);
    expect(agenda.take(35, never)).toEqual(["a"]);
    expect(agenda.next).toBeNull();
  });

  it("does not wait for ever", () => {
    const agenda = new Agenda<string>();
    for (let now = 0; now < 500; now += 10) agenda.mark("a", now, 20);
    expect(agenda.next).toBe(200);
  });

  it("lets news come before a retry, and a retry not before news", () => {
    const agenda = new Agenda<string>();
    agenda.retry("a", 1000);
    agenda.mark("a", 100, 20);
    expect(agenda.next).toBe(120);
    agenda.retry("a", 1000);
    expect(agenda.next).toBe(120);
  });

  it("takes along what belongs together and has news, not what only waits for another try", () => {
    const agenda = new Agenda<string>();
    agenda.mark("a1", 0, 20);
    agenda.mark("a2", 10, 20);
    agenda.mark("b1", 10, 20);
    agenda.retry("a3", 500);
    expect(agenda.take(20, (x, y) => x[0] === y[0])).toEqual(["a1", "a2"]);
    expect(agenda.next).toBe(30);
  });

  it("tells of every change", () => {
    const agenda = new Agenda<string>();
    let changes = 0;
    agenda.onChange = () => {
      changes += 1;
    };
    agenda.mark("a", 0, 1);
    agenda.retry("b", 5);
    expect(changes).toBe(2);
  });
});
