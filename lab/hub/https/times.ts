import type { HubCore, Unsettled } from '../../contracts.js';

/** What an answer is for: a create, another write or query (PUT, POST), or a read (GET) and every twin of its own address. */
type AnswerKind = 'created' | 'written' | 'read';

const FRACTION = /(?:\.(\d+))?Z$/;
const FRACTION_DIGITS = 7;
const NEVER = '0001-01-01T00:00:00Z';

/**
 * A time in the form of its answer. A record of 2026 (mwalser/terraform-provider-iothub, internal/provider/identity) has seven
 * fractional digits in reads and as many as needed in writes. Recordings of 2021 (Azure.IoT.Hub.Service, SessionRecords) have as many
 * as needed everywhere, and no zone where a create answers "never".
 */
function serviceTime(time: string, kind: AnswerKind, { timesPadded }: Pick<Unsettled, 'timesPadded'>): string {
  const fraction = FRACTION.exec(time)?.[1] ?? '';
  const isPadded = timesPadded && kind === 'read';
  const digits = isPadded ? fraction.padEnd(FRACTION_DIGITS, '0') : fraction.replace(/0+$/, '');
  const text = time.replace(FRACTION, `${digits === '' ? '' : `.${digits}`}Z`);
  return !timesPadded && kind === 'created' && text === NEVER ? NEVER.slice(0, -1) : text;
}

export type Times = (time: string) => string;

export const timesOf =
  ({ unsettled }: Pick<HubCore, 'unsettled'>, kind: AnswerKind): Times =>
  (time) =>
    serviceTime(time, kind, unsettled);
