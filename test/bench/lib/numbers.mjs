const sorted = (values) => [...values].sort((a, b) => a - b);

/** The middle of the values. */
export function median(values) {
  const all = sorted(values);
  const half = all.length >> 1;
  if (all.length === 0) return Number.NaN;
  return all.length % 2 === 1 ? all[half] : (all[half - 1] + all[half]) / 2;
}

/** The value that `share` of all are not above. */
export function percentile(values, share) {
  const all = sorted(values);
  return all[Math.max(0, Math.min(all.length - 1, Math.ceil(share * all.length) - 1))] ?? Number.NaN;
}

/** Median, least and greatest. */
export const spread = (values) => {
  const all = [values].flat();
  return { median: median(all), min: Math.min(...all), max: Math.max(...all) };
};
