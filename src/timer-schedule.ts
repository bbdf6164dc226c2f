/**
 * An interval of 1 s to 59 minutes as an NCRONTAB expression (six fields, "Timer trigger for Azure Functions"): below a minute in seconds, from a minute on in
 * whole minutes. One that does not divide a minute or an hour is shorter once in each.
 */
export function timerSchedule(everyInMs: number): string {
  const seconds = Math.round(everyInMs / 1000);
  return seconds < 60 ? `*/${seconds} * * * * *` : `0 */${Math.round(seconds / 60)} * * * *`;
}
