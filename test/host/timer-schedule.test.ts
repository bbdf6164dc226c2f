import { describe, expect, it } from 'vitest';
import { parseNcrontab } from '../../lab/host/triggers/ncrontab.js';

const after = (text: string, from = '2026-11-21T10:20:30.500Z') => parseNcrontab(text)(new Date(from)).toISOString();

describe('an NCRONTAB schedule', () => {
  // 2026-11-21 is a Saturday.
  it.each([
    ['* * * * * *', '2026-11-21T10:20:31.000Z'],
    ['0 */5 * * * *', '2026-11-21T10:25:00.000Z'],
    ['*/5 * * * *', '2026-11-21T10:25:00.000Z'],
    ['0 0 * * * *', '2026-11-21T11:00:00.000Z'],
    ['0 0 9-17/4 * * *', '2026-11-21T13:00:00.000Z'],
    ['0 30 9 * * 1-5', '2026-11-23T09:30:00.000Z'],
    ['0 30 9 * * Mon-Fri', '2026-11-23T09:30:00.000Z'],
    ['0 30 9 * * 0,6', '2026-11-22T09:30:00.000Z'],
    ['0 0 0 1 Jan *', '2027-01-01T00:00:00.000Z'],
    ['0 0 0 29 2 *', '2028-02-29T00:00:00.000Z'],
    ['0 0 0 13 * fri', '2027-08-13T00:00:00.000Z'],
    ['10/20 * * * * *', '2026-11-21T10:20:50.000Z'],
  ])('%s is due at %s', (text, expected) => {
    expect(after(text)).toBe(expected);
  });

  it('is due after a moment, never at it', () => {
    expect(after('0 0 12 * * *', '2026-11-21T12:00:00.000Z')).toBe('2026-11-22T12:00:00.000Z');
  });

  it.each([
    '',
    '* * * *',
    '60 * * * * *',
    '* * * * 13 *',
    '* * * * * mon-',
    '5-1 * * * * *',
    '*/0 * * * * *',
    'x * * * * *',
  ])('"%s" is refused by name', (text) => {
    expect(() => parseNcrontab(text)).toThrow(expect.objectContaining({ code: 'host.badFunction' }));
  });

  it('that is never due is refused when it is asked', () => {
    expect(() => after('0 0 0 30 2 *')).toThrow(expect.objectContaining({ code: 'host.badFunction' }));
  });
});
