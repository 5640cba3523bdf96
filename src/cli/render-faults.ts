import type { Problem, RenderSettings } from "../config/settings.ts";
import type { Clock } from "../contract.ts";
import { describeError } from "../errors.ts";
import { createMember } from "../render/member.ts";
import { loadResources } from "../render/resource/load.ts";

/** What is wrong with the resources of a confd directory before any key is read: no dest, no template, or one that is none. */
export function renderFaults(settings: RenderSettings, clock: Clock): readonly Problem[] {
  return (loadResources(settings) ?? []).flatMap((resource) => {
    const faults = resource.dest === "" ? [`${resource.file} has no dest`] : [];
    try {
      createMember(resource, { clock, env: process.env }).page.prepare();
    } catch (error) {
      faults.push(describeError(error));
    }
    return faults.map((problem) => ({ ...settings.place, problem, hint: null }));
  });
}
