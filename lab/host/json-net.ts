/**
 * What Json.NET does to date-like text when the host parses a body (DateParseHandling.DateTime, the default): the text
 * becomes a DateTime and is written back in its own form, without trailing zeros of the fraction; an offset becomes the
 * host's local time, which is UTC in Azure and here. Only ISO text with `T` and 19 to 40 characters is looked at.
 */
const isoDate =
  /^(?<day>\d{4}-\d{2}-\d{2})T(?<time>\d{2}:\d{2}:\d{2})(?:\.(?<fraction>\d{1,7}))?(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** One text as Json.NET writes it back. */
export function rewriteDate(text: string): string {
  const match = isoDate.exec(text)?.groups;
  if (match === undefined) return text;
  const { day = '', time = '', zone = '' } = match;
  const start = new Date(`${day}T${time}Z`);
  // A day that does not exist is no date: Date rolls it over, Json.NET leaves the text alone.
  if (Number.isNaN(start.getTime()) || start.toISOString().slice(0, 19) !== `${day}T${time}`) return text;
  const digits = (match['fraction'] ?? '').replace(/0+$/, '');
  const fraction = digits === '' ? '' : `.${digits}`;
  if (zone === '' || zone === 'Z') return `${day}T${time}${fraction}${zone}`;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', ''));
  const utc = new Date(start.getTime() - (zone.startsWith('-') ? -minutes : minutes) * 60_000);
  return `${utc.toISOString().slice(0, 19)}${fraction}+00:00`;
}

/** Every date-like text at any depth, as after a pass through Json.NET. Property names stay. */
export function rewriteDates(value: unknown): unknown {
  if (typeof value === 'string') return rewriteDate(value);
  if (Array.isArray(value)) return value.map(rewriteDates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewriteDates(inner)]));
}

/** A DateTime without zone (DateTimeKind.Unspecified), as trigger metadata holds it: no `Z`, no trailing zeros. */
export function unspecifiedTime(time: Date): string {
  return rewriteDate(time.toISOString()).slice(0, -1);
}
