import { Receiver } from 'rhea-promise';
import { describe, expect, it } from 'vitest';
import { mendLinkAddress } from '../../../src/consumer/mend-amqp.js';
import { complaintIn, endsReading, isTaken, PartitionTakenError } from '../../../src/consumer/sdk-errors.js';

const anError = (code: string, more: object = {}): Error => Object.assign(new TypeError(code), { code, ...more });

describe('an error of the SDK says of its endpoint', () => {
  it.each([
    ['redirect', anError('LinkRedirectError')],
    ['keyRefused', anError('UnauthorizedError')],
    ['denied', anError('ServiceCommunicationError')],
    ['denied', anError('ENOTFOUND')],
    ['refused', anError('ECONNREFUSED')],
    ['other', anError('OperationTimeoutError')],
    ['other', 'no error at all'],
    ['keyRefused', new AggregateError([anError('ETIMEDOUT'), new AggregateError([anError('UnauthorizedError')])])],
    ['redirect', new AggregateError([anError('ServiceCommunicationError'), anError('LinkRedirectError')])],
  ])('%s', (complaint, error) => {
    expect(complaintIn(error)).toBe(complaint);
  });

  it('whether the SDK ends reading at it', () => {
    expect(endsReading(anError('x', { retryable: true }))).toBe(false);
    expect(endsReading(anError('x', { retryable: false }))).toBe(true);
    expect(endsReading(new AggregateError([]))).toBe(true);
  });
});

describe('a partition that another process took', () => {
  it('is closed by the SDK as lost', () => {
    expect(isTaken(new AggregateError([anError('ReceiverDisconnectedError')]))).toBe(true);
    expect(isTaken(anError('LinkRedirectError'))).toBe(false);
    expect(new PartitionTakenError('3')).toMatchObject({ code: 'ReceiverDisconnectedError', retryable: false });
  });
});

describe('a link whose connection has gone', () => {
  it('has no address, instead of throwing out of a timer', () => {
    const link = Object.create(Receiver.prototype, { _link: { value: {} } }) as Receiver;
    expect(() => link.source).not.toThrow();
    mendLinkAddress();
    expect(link.address).toBeUndefined();
    const open = Object.create(Receiver.prototype, { _link: { value: { source: { address: 'a' } } } }) as Receiver;
    expect(open.address).toBe('a');
  });
});
