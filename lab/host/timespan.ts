import { HostError } from './host-error.js';

const pattern =
  /^(?:(?<days>\d+)\.)?(?<hours>\d{1,2}):(?<minutes>\d{2})(?::(?<seconds>\d{2})(?:\.(?<fraction>\d{1,7}))?)?$/;

/** .NET TimeSpan text of host.json ("00:00:02", "1.00:00:00", "00:00:00.100") in milliseconds. Throws `host.badHostJson`. */
export function parseTimeSpan(text: string): number {
  const match = pattern.exec(text)?.groups;
  if (match === undefined) throw new HostError('host.badHostJson', `"${text}" is not a time span (hh:mm:ss).`);
  const part = (name: string): number => Number(match[name] ?? 0);
  const seconds = ((part('days') * 24 + part('hours')) * 60 + part('minutes')) * 60 + part('seconds');
  return seconds * 1000 + Math.round(Number(`0.${match['fraction'] ?? 0}`) * 1000);
}
