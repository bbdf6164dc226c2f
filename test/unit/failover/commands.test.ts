import { describe, expect, it } from 'vitest';
import { applyCommand, type WatchCommand } from '../../../src/failover/commands.js';
import { at, first, second, shows, startOfTime, times, watching, type Watching } from './watching.js';

const away = (endpoint = first) => shows(endpoint, { active: false });
const command = (hub: Watching, seconds: number, what: WatchCommand) => {
  const changed = applyCommand(hub.state(), what, new Date(startOfTime + seconds * 1000), times);
  if (typeof changed !== 'string') hub.change(changed);
  return typeof changed === 'string' ? changed : undefined;
};

describe('abort', () => {
  it('ends a failover that only began, and that the hub is not Active begins no other one', () => {
    const hub = watching();
    hub.look(30, away());
    expect(command(hub, 31, 'abort')).toBeUndefined();
    expect(hub.state()).toMatchObject({
      stage: 'steady',
      reason: 'An operator aborted the consumer failover.',
      history: [{ outcome: 'aborted', endedAt: at(31) }],
    });
    hub.look(35, away());
    hub.look(60, away());
    expect(hub.state().stage).toBe('steady');
    hub.look(90, shows(first));
    hub.look(120, away());
    expect(hub.state().stage).toBe('failoverStarted');
  });

  it('does not keep the watch from following an endpoint that changes later', () => {
    const hub = watching();
    hub.look(30, away());
    command(hub, 31, 'abort');
    hub.look(60, away(second));
    expect(hub.state().stage).toBe('endpointChanged');
    expect(hub.generations()).toBe('1:running 2:running');
  });

  it('keeps the newest generation, and reads the older one until the hub is Active with the new endpoint', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    command(hub, 36, 'abort');
    hub.look(40, away(second));
    expect(hub.generations()).toBe('1:running 2:running');
    hub.look(70, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    expect(hub.state().stage).toBe('steady');
  });

  it.each([
    ['steady', []],
    ['unverified', [30, 35, 40, 640]],
  ] as const)('is refused in %s: nothing is under way', (stage, rounds) => {
    const hub = watching();
    const course = [away(), away(second), shows(second), shows(second)];
    rounds.forEach((seconds, index) => hub.look(seconds, course[index] ?? shows(first)));
    expect(hub.state().stage).toBe(stage);
    expect(command(hub, 700, 'abort')).toBe('nothingToAbort');
  });
});

describe('pause and resume', () => {
  it('holds the stage whatever is seen, and goes on from what is seen then', () => {
    const hub = watching();
    expect(command(hub, 10, 'pause')).toBeUndefined();
    hub.look(30, away(second));
    hub.look(60, away(second));
    expect(hub.state()).toMatchObject({ stage: 'steady', paused: true, lookedAt: at(60) });
    expect(command(hub, 61, 'resume')).toBeUndefined();
    hub.look(62, away(second));
    expect(hub.state().stage).toBe('endpointChanged');
  });

  it('is refused by name where it changes nothing', () => {
    const hub = watching();
    expect(command(hub, 1, 'resume')).toBe('notPaused');
    command(hub, 2, 'pause');
    expect(command(hub, 3, 'pause')).toBe('alreadyPaused');
  });

  it('can be paused and aborted', () => {
    const hub = watching();
    hub.look(30, away());
    command(hub, 31, 'pause');
    expect(command(hub, 32, 'abort')).toBeUndefined();
    expect(hub.state()).toMatchObject({ stage: 'steady', paused: true });
  });
});
