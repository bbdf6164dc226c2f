import type { HubClock } from './stamps.js';

/** Everything the hub makes up itself. */
export interface Generator {
  /** A symmetric key: 32 bytes in base64. */
  key: () => string;
  /** An identity's first ETag: base64 of decimal digits, as the service has it ("MTIzNDU2"). */
  identityEtag: () => string;
  /** 18 digits, never the same twice: .NET ticks of now, or the next free ones. */
  generationId: () => string;
  /** 32 hexadecimal digits: correlation ids and tracking ids. */
  trackingId: () => string;
}

const TICKS_AT_UNIX_EPOCH = 621_355_968_000_000_000n;
const TICKS_PER_MS = 10_000n;

/** `bytes` gives the randomness; a seeded source makes keys and ETags repeatable. */
export function createGenerator(bytes: (length: number) => Buffer, clock: HubClock): Generator {
  let lastTicks = 0n;
  return {
    key: () => bytes(32).toString('base64'),
    identityEtag: () => Buffer.from(String(bytes(4).readUInt32BE() >>> 2)).toString('base64'),
    generationId: () => {
      const ticks = BigInt(clock.now().getTime()) * TICKS_PER_MS + TICKS_AT_UNIX_EPOCH;
      lastTicks = ticks > lastTicks ? ticks : lastTicks + 1n;
      return String(lastTicks);
    },
    trackingId: () => bytes(16).toString('hex'),
  };
}
