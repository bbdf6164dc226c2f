import { HostError } from '../host-error.js';

/** The moment after `after` at which the schedule is due, to the second, in UTC. */
export type Schedule = (after: Date) => Date;

interface Field {
  min: number;
  max: number;
  names?: readonly string[];
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** {second} {minute} {hour} {day} {month} {day-of-week}: "Timer trigger for Azure Functions", NCRONTAB expressions. */
const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

function parseField(text: string, { min, max, names = [] }: Field, whole: string): ReadonlySet<number> {
  const refuse = (): never => {
    throw new HostError('host.badFunction', `"${whole}" is not an NCRONTAB expression: "${text}".`);
  };
  const numberOf = (part: string): number => {
    const named = names.indexOf(part.slice(0, 3).toLowerCase());
    const value = named >= 0 ? named + min : Number(part);
    return /^([a-z]+|\d+)$/i.test(part) && value >= min && value <= max ? value : refuse();
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|([^-/]+)(?:-([^-/]+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return refuse();
    const [, star, first = '', last, step] = match;
    const from = star === undefined ? numberOf(first) : min;
    const to =
      star === undefined && last === undefined && step === undefined ? from : last === undefined ? max : numberOf(last);
    const by = Number(step ?? 1);
    if (by < 1 || to < from) return refuse();
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

/** Days enough for any expression that is ever due: February 29 comes within eight years. */
const horizonInDays = 8 * 366 + 1;

/** Throws `host.badFunction` for what is no expression of six fields (or five: then seconds are 0), or is never due. */
export function parseNcrontab(text: string): Schedule {
  const parts = text.trim().split(/\s+/);
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  if (six.length !== 6) throw new HostError('host.badFunction', `"${text}" is not an NCRONTAB expression.`);
  const [seconds, minutes, hours, daysOfMonth, monthsOfYear, daysOfWeek] = six.map((part, index) =>
    parseField(part, fields[index]!, text),
  ) as [ReadonlySet<number>, ...ReadonlySet<number>[]];
  const inDay = [...(hours ?? [])].flatMap((hour) =>
    [...(minutes ?? [])].flatMap((minute) => [...seconds].map((second) => (hour * 60 + minute) * 60 + second)),
  );
  inDay.sort((a, b) => a - b);
  // NCRONTAB demands both the day of the month and the day of the week, unlike cron.
  const isDue = (day: Date): boolean =>
    monthsOfYear!.has(day.getUTCMonth() + 1) && daysOfMonth!.has(day.getUTCDate()) && daysOfWeek!.has(day.getUTCDay());

  return (after) => {
    const midnight = Date.UTC(after.getUTCFullYear(), after.getUTCMonth(), after.getUTCDate());
    for (let n = 0; n < horizonInDays; n += 1) {
      const day = midnight + n * 86_400_000;
      if (!isDue(new Date(day))) continue;
      const second = inDay.find((one) => day + one * 1000 > after.getTime());
      if (second !== undefined) return new Date(day + second * 1000);
    }
    throw new HostError('host.badFunction', `"${text}" is never due.`);
  };
}
