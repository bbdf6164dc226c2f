import { describe, expect, it } from 'vitest';
import { firstArmState, nextArmState, type ArmState } from '../../../src/consumer/arm-generations.js';

const start = Date.parse('2026-05-01T10:00:00.000Z');
const times = { drainLimitInMs: 30 * 60_000, unseenLimitInMs: 20 * 60_000 };
const on = (hostName: string) => ({ hostName, eventHubName: 'hub' });

/** Looks one minute apart: `a` Active on a, `-b` not Active on b. */
const after = (...looks: string[]): ArmState => {
  let state: ArmState | undefined;
  for (const [minute, text] of looks.entries()) {
    const reading = { active: !text.startsWith('-'), endpoint: on(text.replace('-', '')) };
    const now = new Date(start + minute * 60_000);
    state = state === undefined ? firstArmState('hub', reading, now) : nextArmState(state, reading, now, times);
  }
  if (state === undefined) throw new TypeError('no looks');
  return state;
};
const shown = (state: ArmState): string =>
  [
    state.stage,
    ...state.generations.map(({ number, endpoint, state: one }) => `${number}${endpoint.hostName}:${one}`),
  ].join(' ');

describe('generations by ARM alone', () => {
  it.each([
    [['a'], 'steady 1a:running'],
    [['a', 'a'], 'steady 1a:running'],
    [['a', '-a'], 'failoverStarted 1a:running'],
    [['a', '-a', 'a'], 'steady 1a:running'],
    [['a', '-a', '-b'], 'endpointChanged 1a:running 2b:running'],
    [['a', '-a', '-b', 'b'], 'failoverEnded 1a:draining 2b:running'],
    [['a', 'b'], 'endpointChanged 1a:running 2b:running'],
    [['a', 'b', '-b', 'b'], 'failoverEnded 1a:draining 2b:running'],
    // Active all the time: the end is believed only late.
    [['a', 'b', 'b', 'b'], 'endpointChanged 1a:running 2b:running'],
    [['a', ...Array<string>(22).fill('b')], 'failoverEnded 1a:draining 2b:running'],
    [['a', '-b', 'b', '-b'], 'failoverEnded 1a:draining 2b:running'],
    [['a', '-b', ...Array<string>(35).fill('b')], 'steady 1a:stopped 2b:running'],
    // An endpoint that was left is believed when it is seen twice in a row.
    [['a', '-b', 'b', '-a'], 'failoverEnded 1a:draining 2b:running'],
    [['a', '-b', 'b', '-a', 'b', '-a'], 'failoverEnded 1a:draining 2b:running'],
    [['a', '-b', 'b', '-a', '-a'], 'endpointChanged 1a:draining 2b:running 3a:running'],
    [['a', '-b', 'b', '-a', '-a', 'a'], 'failoverEnded 1a:draining 2b:draining 3a:running'],
  ])('%j -> %s', (looks, expected) => {
    expect(shown(after(...looks))).toBe(expected);
  });

  it('know an endpoint that was seen before', () => {
    const { generations } = after('a', '-b', 'b', '-a', '-a');
    expect(generations.map(({ seenBefore }) => seenBefore)).toEqual([false, false, true]);
  });

  it('give each change a higher revision, and the same state when nothing changed', () => {
    const state = after('a', '-a', '-b', 'b');
    expect(state.revision).toBe(4);
    expect(nextArmState(state, { active: true, endpoint: on('b') }, new Date(start), times)).toBe(state);
  });
});
