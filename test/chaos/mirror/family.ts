import * as fc from 'fast-check';
import type { Fault, IdentityKey } from '../../../lab/contracts.js';

/** Few identities that belong together: a device, an Edge device, a leaf below it, and a module of each of the first two. */
export const members = ['device', 'edge', 'leaf', 'deviceModule', 'edgeModule'] as const;
export type Member = (typeof members)[number];

export type Auth = 'sas' | 'selfSigned' | 'certificateAuthority';
export type Status = 'enabled' | 'disabled';

export type Act =
  | { do: 'create'; who: Member; auth: Auth; status: Status }
  | { do: 'delete'; who: Member }
  | { do: 'status'; who: Member; status: Status }
  | { do: 'keys'; who: Member }
  | { do: 'patch' | 'replace' | 'report'; who: Member; n: number }
  /** Somebody else writes it on the standby, as provisioning does: as it is there, or anew. */
  | { do: 'move'; who: Member; anew: boolean }
  | { do: 'sync' | 'hint'; who: Member }
  | { do: 'fault'; fault: Fault }
  | { do: 'pause'; inMs: number };

/**
 * A life of one family. While nothing is left to do after `before`, `moved` are written on the standby by somebody else and
 * `connected` connect there. Then come `after`, with faults, and nobody of them may be harmed.
 */
export interface Family {
  born: { who: Member; auth: Auth; status: Status }[];
  before: Act[];
  moved: Member[];
  connected: Member[];
  after: Act[];
  /** Deleted on the active hub at the end. */
  ended: Member[];
}

const who = fc.constantFrom(...members);
const auth = fc.constantFrom<Auth>('sas', 'sas', 'selfSigned', 'certificateAuthority');
const status = fc.constantFrom<Status>('enabled', 'enabled', 'disabled');

const forMs = fc.integer({ min: 100, max: 700 });
const onHub = { plane: 'https' as const, share: 0.4 };
const fault: fc.Arbitrary<Fault> = fc
  .tuple(fc.constantFrom('primary' as const, 'secondary' as const), forMs, fc.nat(99), fc.nat(5))
  .map(([hub, inMs, seed, kind]): Fault => {
    const base = { ...onHub, hub, seed, forMs: inMs };
    const kinds: Fault[] = [
      { ...base, kind: 'throttle' },
      { ...base, kind: 'status', status: 503 },
      { ...base, kind: 'status', status: 500 },
      { ...base, kind: 'reset' },
      { ...base, kind: 'half' },
      { hub, plane: 'https', kind: 'stop', forMs: inMs },
    ];
    return kinds[kind] ?? { ...base, kind: 'reset' };
  });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('create' as const), who, auth, status }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('status' as const), who, status }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('keys' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('patch', 'replace', 'report'), who, n: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), who, anew: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sync', 'hint'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fault' as const), fault }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), inMs: fc.nat(400) }) },
);

export const family: fc.Arbitrary<Family> = fc.record({
  born: fc.uniqueArray(fc.record({ who, auth, status }), { selector: (one) => one.who, minLength: 1 }),
  before: fc.array(act, { maxLength: 4 }),
  moved: fc.uniqueArray(who, { maxLength: 2 }),
  connected: fc.uniqueArray(who, { maxLength: 3 }),
  after: fc.array(act, { maxLength: 6 }),
  ended: fc.subarray([...members]),
});

/** `name`: of the family, which no other has. */
export const keyOf = (name: string, member: Member): IdentityKey => {
  if (member === 'deviceModule') return { deviceId: `${name}-device`, moduleId: 'm' };
  if (member === 'edgeModule') return { deviceId: `${name}-edge`, moduleId: 'm' };
  return { deviceId: `${name}-${member}` };
};

export const isModule = (member: Member): boolean => member === 'deviceModule' || member === 'edgeModule';
