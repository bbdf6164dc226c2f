/** ISO with up to seven digits; the host drops the `Z` of UTC times. `undefined`: not a time. */
export function parseUtc(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
