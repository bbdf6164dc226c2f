import { describe, expect, it } from 'vitest';
import type { EventHubEndpoint } from '../../../src/consumers-document.js';
import { endpointNews } from '../../../src/failover/endpoint-news.js';
import { failing, first, second, shows, startOfTime, third, told, watching, type Watching } from './watching.js';

const away = (endpoint = first) => shows(endpoint, { active: false });
const to = (endpoint: EventHubEndpoint) => ({ kind: 'read', endpoint }) as const;
const deaf = { kind: 'failed', code: 'redirectTimeout' } as const;

describe('a read of ARM that failed', () => {
  it.each(['steady', 'failoverStarted', 'endpointChanged', 'failoverEnded'])('changes nothing in %s', (stage) => {
    const hub = watching();
    const course = [away(), away(second), shows(second)];
    const before = { steady: 0, failoverStarted: 1, endpointChanged: 2, failoverEnded: 3 }[stage] ?? 0;
    course.slice(0, before).forEach((arm, index) => hub.look(30 + 5 * index, arm));
    expect(hub.state().stage).toBe(stage);
    const generations = hub.generations();
    hub.look(100, failing);
    hub.look(200, failing, deaf);
    expect(hub.state().stage).toBe(stage);
    expect(hub.generations()).toBe(generations);
  });

  it('is repeated soon', () => {
    const hub = watching();
    expect(hub.look(30, failing).lookAgainInMs).toBe(5_000);
    expect(hub.look(35, shows(first)).lookAgainInMs).toBe(30_000);
  });

  it('is still a round that was looked at', () => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.look(60, failing);
    expect(hub.state()).toMatchObject({
      lookedAt: new Date(startOfTime + 60_000).toISOString(),
      armReadAt: new Date(startOfTime + 30_000).toISOString(),
    });
  });
});

describe('an endpoint', () => {
  it('is the same whatever case a source writes it in', () => {
    const hub = watching();
    const { hostName, eventHubName } = first;
    hub.look(30, shows({ hostName: hostName.toUpperCase(), eventHubName }));
    hub.look(60, failing, to({ hostName, eventHubName: eventHubName.toUpperCase() }));
    expect(hub.generations()).toBe('1:running');
  });
});

describe('ARM failing for a whole failover', () => {
  const withoutArm = (): Watching => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.look(60, failing, to(first));
    hub.look(90, failing, to(second));
    return hub;
  };

  it('follows the redirect to an endpoint that is new', () => {
    const hub = withoutArm();
    expect(hub.stages).toEqual(['endpointChanged']);
    expect(hub.state().reason).toBe(
      'ARM does not answer; the hub redirects to the endpoint iothub-ns-contoso-2.servicebus.windows.net (contoso).',
    );
  });

  it('ends by events of the new generation, not by the failing reads', () => {
    const hub = withoutArm();
    hub.look(2000, failing, to(second));
    expect(hub.state().stage).toBe('endpointChanged');
    hub.tell(told(2, 2010));
    hub.look(2011, failing, to(second));
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded', 'verified']);
    hub.look(2050, away(second));
    hub.look(2055, shows(second));
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded', 'verified', 'steady']);
  });

  it('is not turned back by ARM that is behind the redirect', () => {
    const hub = withoutArm();
    hub.look(95, shows(first), to(second));
    hub.look(100, shows(first), to(second));
    expect(hub.endpoint()).toContain('contoso-2');
    expect(
      endpointNews(hub.state(), { now: new Date(), arm: shows(first), redirect: to(second), progress: [] }),
    ).toEqual({
      kind: 'refused',
      reason: 'armBehindRedirect',
    });
  });

  it('is turned back by ARM that says so twice where the redirect says nothing', () => {
    const hub = withoutArm();
    const doubted = hub.look(95, shows(first), deaf);
    expect(doubted.steps).toEqual([]);
    expect(doubted.lookAgainInMs).toBe(5_000);
    hub.look(100, shows(first), deaf);
    expect(hub.generations()).toBe('1:stopped 2:running 3:running');
  });

  it('is not turned back by a gateway of the old region', () => {
    const hub = withoutArm();
    hub.look(95, failing, to(first));
    hub.look(100, failing, to(first));
    expect(endpointNews(hub.state(), { now: new Date(), arm: failing, redirect: to(first), progress: [] })).toEqual({
      kind: 'refused',
      reason: 'redirectBehind',
    });
    expect(hub.generations()).toBe('1:running 2:running');
  });

  it('follows the redirect back once the failover is verified and it says so twice', () => {
    const hub = withoutArm();
    hub.tell(told(2, 100));
    hub.look(101, failing, to(second));
    hub.look(131, failing, to(first));
    expect(hub.endpoint()).toContain('contoso-2');
    hub.look(136, failing, to(first));
    expect(hub.endpoint()).toContain('contoso-1');
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded', 'verified', 'steady', 'endpointChanged']);
  });
});

describe('an answer of ARM out of its caches', () => {
  it('that shows the old endpoint once while the hub fails over is not followed', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, away(first));
    hub.look(45, away(second));
    hub.look(50, away(first));
    expect(hub.generations()).toBe('1:running 2:running');
    hub.look(55, away(first));
    expect(hub.generations()).toBe('1:stopped 2:running 3:running');
  });

  it('does not end a failover by the state it shows with it', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(first));
    expect(hub.state().stage).toBe('endpointChanged');
  });
});

describe('a failback right after', () => {
  it('starts a generation of its own on the endpoint that was seen before', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    hub.tell(told(2, 50));
    hub.look(51, shows(second));
    hub.look(60, away(second));
    hub.look(65, away(first));
    expect(hub.stages).toEqual([
      'failoverStarted',
      'endpointChanged',
      'failoverEnded',
      'verified',
      'failoverStarted',
      'endpointChanged',
    ]);
    expect(hub.state().generations).toMatchObject([
      { number: 1, state: 'stopped' },
      { number: 2, state: 'running', seenBefore: false },
      { number: 3, state: 'running', seenBefore: true, endpoint: first },
    ]);
    expect(hub.state().reason).toContain('which was seen before');
  });

  it('before the first one was verified closes that one as unverified', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    hub.look(45, away(second));
    hub.look(50, away(third));
    expect(hub.stages).toEqual([
      'failoverStarted',
      'endpointChanged',
      'failoverEnded',
      'endpointChanged',
      'endpointChanged',
    ]);
    expect(hub.state().history).toMatchObject([
      { outcome: 'underWay', fromGeneration: 2, toGeneration: 3 },
      { outcome: 'unverified', fromGeneration: 1, toGeneration: 2 },
    ]);
  });

  it('is not verified by an event that lay on the namespace from before', () => {
    const hub = watching();
    hub.tell(told(1, 25));
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    hub.tell(told(2, 50));
    hub.look(51, shows(second));
    hub.look(60, away(second));
    hub.look(65, away(first));
    hub.look(70, shows(first));
    hub.tell(told(3, 24, { first: { enqueuedAt: '2026-03-01T08:00:24.000Z', handledAt: '2026-03-01T08:01:11.000Z' } }));
    hub.look(72, shows(first));
    expect(hub.state().stage).toBe('failoverEnded');
    hub.tell(told(3, 80));
    hub.look(81, shows(first));
    expect(hub.state()).toMatchObject({
      stage: 'verified',
      generations: [{}, {}, { firstEventAt: '2026-03-01T08:01:20.000Z' }],
    });
  });
});
