import { describe, expect, it } from 'vitest';
import { isBackAtSource, lastUser, type OwnUse } from '../../../src/azure/device/own-use.js';
import { withoutRemovals } from '../../../src/azure/device/without-removals.js';
import type { Identity } from '../../../src/hub-model.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const copy = (more: Partial<Identity> = {}): Identity => ({
  key: { deviceId: 'd' },
  generationId: 'g',
  etag: 'e',
  authentication: { type: 'sas' },
  ...more,
});
const connected = (seconds: number) =>
  copy({ connectionState: 'Connected', connectionStateUpdatedTime: at(seconds), lastActivityTime: at(seconds) });
const left = (seconds: number) => copy({ connectionState: 'Disconnected', lastActivityTime: at(seconds) });
const use = (more: Partial<OwnUse> = {}): OwnUse => ({
  generationId: 'g',
  since: at(100),
  connectedAt: at(101),
  until: at(110),
  lost: false,
  visited: false,
  ...more,
});
const user = (target: Identity, own?: OwnUse) => lastUser(target, own, 5_000);

describe('who was connected to a copy', () => {
  it.each([
    ['nobody ever', copy(), undefined, 'us'],
    ['somebody, where we never were', connected(50), undefined, 'somebodyNow'],
    ['our own connection, of this or another process', connected(100.5), use(), 'us'],
    ['the device, after ours had ended', connected(112), use(), 'somebodyNow'],
    ['the device, which broke ours off at once', connected(101), use({ lost: true }), 'somebodyNow'],
    ['somebody in an older life of the id', connected(100.5), use({ generationId: 'old' }), 'somebodyNow'],
    [
      'ours, of a process that ended while it connected',
      connected(104),
      use({ connectedAt: undefined as never }),
      'us',
    ],
    ['a connection without a time', copy({ connectionState: 'Connected' }), use(), 'somebodyNow'],
    ['we alone', left(109), use(), 'us'],
    ['somebody who left after us', left(114), use(), 'somebody'],
    ['somebody who broke ours off and left at once', left(110.1), use({ lost: true }), 'somebody'],
    ['we alone, whose line was cut', left(110), use({ lost: true }), 'us'],
    ['somebody who left, where we never were', left(1), undefined, 'somebody'],
  ] as const)('%s', (_about, target, own, expected) => {
    expect(user(target, own)).toBe(expected);
  });
});

describe('a device that was on the target', () => {
  it.each([
    ['is connected to the source', copy({ connectionState: 'Connected', lastActivityTime: at(1) }), true],
    ['was active on the source later', left(51), true],
    ['was active on the target later', left(49), false],
    ['never was on the source', copy(), false],
    ['is gone there', undefined, false],
  ])('%s', (_about, source, expected) => {
    expect(isBackAtSource(source, left(50))).toBe(expected);
  });
});

describe('a patch without removals', () => {
  it('says what it says of what is there, at every depth', () => {
    const patch = JSON.parse(
      '{"a":null,"b":{"c":null},"d":{"e":1,"f":null},"g":{},"h":[null],"__proto__":{"i":null,"j":2}}',
    );
    expect(JSON.stringify(withoutRemovals(patch))).toBe('{"d":{"e":1},"g":{},"h":[null],"__proto__":{"j":2}}');
  });
});
