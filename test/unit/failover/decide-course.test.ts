import { describe, expect, it } from 'vitest';
import { at, failing, first, second, shows, told, watching } from './watching.js';

const away = (endpoint = first) => shows(endpoint, { active: false });

describe('a failover as it was measured', () => {
  it('goes through the stages in order and measures itself', () => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.tell(told(1, 50, { lag: 0 }));
    hub.look(60, away());
    hub.look(150, away());
    expect(hub.stages).toEqual(['failoverStarted']);

    const changed = hub.look(155, away(second));
    expect(changed.steps).toEqual([
      {
        stage: 'endpointChanged',
        reason: 'ARM shows the endpoint iothub-ns-contoso-2.servicebus.windows.net (contoso).',
      },
    ]);
    expect(hub.generations()).toBe('1:running 2:running');

    hub.look(540, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    hub.look(610, shows(second));
    hub.tell(
      told(2, 612, { first: { enqueuedAt: at(611), handledAt: at(612) }, duplicates: 3 }),
      told(1, 541, { lag: 0 }),
    );
    hub.sees(1, 541, 541, 611);
    hub.look(612, shows(second));
    hub.look(642, shows(second));

    expect(hub.stages).toEqual(['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified', 'steady']);
    expect(hub.generations()).toBe('1:stopped 2:running');
    expect(hub.state().history).toMatchObject([
      {
        startedAt: at(60),
        endedAt: at(612),
        outcome: 'verified',
        fromGeneration: 1,
        toGeneration: 2,
        detectionInMs: 30_000,
        switchInMs: 95_000,
        dataGapInMs: 70_000,
        duplicates: 3,
        leftUnread: 0,
      },
    ]);
  });

  it('looks every steady interval, and more often while it is under way', () => {
    const hub = watching();
    expect(hub.look(30, shows(first)).lookAgainInMs).toBe(30_000);
    expect(hub.look(60, away()).lookAgainInMs).toBe(5_000);
    expect(hub.look(65, away(second)).lookAgainInMs).toBe(5_000);
    expect(hub.look(70, shows(second)).lookAgainInMs).toBe(5_000);
    hub.tell(told(2, 71));
    expect(hub.look(75, shows(second)).lookAgainInMs).toBe(30_000);
  });

  it('is Active before data flows: that ends the failover, and verifies nothing', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    hub.look(630, shows(second));
    expect(hub.stages).toEqual(['failoverStarted', 'endpointChanged', 'failoverEnded']);
  });

  it('is unverified by name after a time, and verified by an event that comes after all', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    const late = hub.look(640, shows(second));
    expect(late.steps).toEqual([{ stage: 'unverified', reason: 'Nobody told of an event of generation 2 for 600 s.' }]);
    expect(hub.state().history[0]).toMatchObject({ outcome: 'unverified', endedAt: at(640) });
    hub.tell(told(2, 700));
    hub.look(701, shows(second));
    expect(hub.state()).toMatchObject({ stage: 'verified', history: [{ outcome: 'verified', endedAt: at(701) }] });
  });

  it('is over after the drain limit even where nothing ever verified it', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.look(40, shows(second));
    hub.look(640, shows(second));
    hub.look(2439, shows(second));
    expect(hub.state().stage).toBe('unverified');
    hub.look(2440, shows(second));
    expect(hub.state()).toMatchObject({ stage: 'steady', history: [{ outcome: 'unverified' }] });
  });
});

describe('what a poll may miss', () => {
  it('goes from steady to the new endpoint at once', () => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.look(60, away(second));
    expect(hub.stages).toEqual(['endpointChanged']);
    expect(hub.state().history[0]).toMatchObject({ detectionInMs: 30_000, switchInMs: 0 });
  });

  it('does not take Active for the end while nothing shows that the old endpoint is at its end', () => {
    const hub = watching();
    hub.look(30, shows(second));
    expect(hub.stages).toEqual(['endpointChanged']);
    expect(hub.generations()).toBe('1:running 2:running');
    hub.look(35, away(second));
    hub.look(400, shows(second));
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded']);
  });

  it('takes Active for the end once events of the new generation are processed', () => {
    const hub = watching();
    hub.look(30, shows(second));
    hub.tell(told(2, 31));
    hub.look(32, shows(second));
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded', 'verified']);
  });

  it('takes Active for the end after the time for verifying', () => {
    const hub = watching();
    hub.look(30, shows(second));
    hub.look(630, shows(second));
    expect(hub.stages).toEqual(['endpointChanged', 'failoverEnded']);
  });
});

describe('either order of endpoint and forwarding', () => {
  it('is the same to the watch: a silent old generation goes on until the failover ended', () => {
    const hub = watching();
    hub.tell(told(1, 20, { lag: 0 }));
    hub.look(30, away());
    hub.look(35, away());
    expect(hub.generations()).toBe('1:running');
    hub.look(40, away(second));
    expect(hub.generations()).toBe('1:running 2:running');
  });

  it('takes events of the new generation for no end while ARM shows the hub not Active', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.tell(told(2, 36));
    hub.look(40, away(second));
    expect(hub.state().stage).toBe('endpointChanged');
    expect(hub.generations()).toBe('1:running 2:running');
  });

  it('but does after the drain limit, and what is not Active then begins nothing', () => {
    const hub = watching();
    hub.look(30, away());
    hub.look(35, away(second));
    hub.tell(told(2, 36));
    hub.look(1835, away(second));
    hub.look(1900, away(second));
    expect(hub.stages).toEqual(['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified', 'steady']);
    hub.look(1930, shows(second));
    hub.look(1960, away(second));
    expect(hub.state().stage).toBe('failoverStarted');
  });
});

describe('a hub that was not Active for a moment', () => {
  it('has not failed over when it is Active with the same endpoint', () => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.look(60, away());
    hub.look(65, shows(first));
    expect(hub.stages).toEqual(['failoverStarted', 'steady']);
    expect(hub.state().history[0]).toMatchObject({ outcome: 'noFailover', endedAt: at(65) });
    expect(hub.generations()).toBe('1:running');
  });

  it('has, when its locations were swapped: the endpoint is still to come', () => {
    const hub = watching();
    hub.look(30, shows(first));
    hub.look(60, away());
    hub.look(65, shows(first, { location: 'North Europe' }));
    expect(hub.state().stage).toBe('failoverStarted');
    hub.look(70, shows(second, { location: 'North Europe' }));
    expect(hub.state().stage).toBe('failoverEnded');
  });

  it('tells nothing by a missing state', () => {
    const hub = watching();
    hub.look(30, shows(first, { active: undefined }));
    hub.look(60, failing);
    expect(hub.stages).toEqual([]);
  });
});
