import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRefusedByHub } from '../../../src/azure/device/device-errors.js';
import { bareCause, parseRetryAfter } from '../../../src/azure/error-fields.js';
import { hubAnswerError, translateHubError } from '../../../src/azure/hub/hub-errors.js';
import { parseServiceCode, serviceCodeOf } from '../../../src/azure/hub/service-code.js';
import { translateStorageError } from '../../../src/azure/storage/storage-errors.js';
import { AppError } from '../../../src/errors.js';

const withFields = (fields: object) => Object.assign(new Error('SECRET'), fields);

describe('causes', () => {
  it('keep class, code and status, and nothing that could be a secret', () => {
    const error = withFields({ name: 'RestError', code: 'AuthenticationFailed', statusCode: 403, request: 'SECRET' });
    expect(bareCause(error).message).toBe('RestError AuthenticationFailed 403');
    expect(inspect(bareCause(error))).not.toContain('SECRET');
    expect(bareCause(withFields({ code: 'a body with "SECRET"' })).message).toBe('Error');
    expect(bareCause(undefined).message).toBe('unknown');
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-11-01T00:00:00Z');
  it.each([
    ['7', 7_000],
    ['Sun, 01 Nov 2026 00:00:09 GMT', 9_000],
    ['Sat, 31 Oct 2026 00:00:00 GMT', 0],
    ['999999', 300_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe('service codes', () => {
  it('come as names and numbers; anything else is none', () => {
    expect(['DeviceNotFound', '404001', 404001].map(parseServiceCode)).toEqual([404001, 404001, 404001]);
    expect([undefined, '', 'Unheard', 404, 1e9, '404'].map(parseServiceCode)).toEqual(Array(6).fill(undefined));
  });

  it('are found wherever the service has put them', () => {
    const inHeader = { 'iothub-errorcode': 'ModuleNotFound' };
    const codeOf = (...[headers, body]: Parameters<typeof serviceCodeOf>) => serviceCodeOf(headers, body).code;
    expect(codeOf(inHeader, undefined)).toBe(404010);
    expect(codeOf(inHeader, 'not JSON')).toBe(404010);
    expect(codeOf({}, { Message: 'ErrorCode:IotHubQuotaExceeded;x' })).toBe(403002);
    expect(codeOf({}, { Message: 'ErrorCode:Unheard;x' })).toBeUndefined();
    expect(codeOf({}, { Message: 'somebody said ErrorCode:DeviceNotFound;x' })).toBeUndefined();
    expect(codeOf({}, { isSuccessful: false, errors: [{ errorCode: 'DeviceNotFound' }] })).toBeUndefined();
  });
});

describe('errors of a hub call', () => {
  it.each([
    ['ECONNREFUSED', 'hubUnreachable'],
    ['ECONNRESET', 'hubUnreachable'],
    ['ENOTFOUND', 'hubUnreachable'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'hubUnreachable'],
  ])('%s: %s', (code, expected) => {
    expect(translateHubError('x', withFields({ code }))).toMatchObject({ code: expected, retryable: true });
  });

  it('defects stay what they are', () => {
    for (const defect of [new TypeError('x'), new Error('x'), 'text', new ReferenceError('x')]) {
      expect(translateHubError('x', defect)).toBe(defect);
    }
    const ours = new AppError('hubTimeout', 'x', { retryable: true });
    expect(translateHubError('x', ours)).toBe(ours);
  });

  it('$edgeAgent and $edgeHub are refused for good', () => {
    expect(hubAnswerError('x', { status: 401, serviceCode: 401100 })).toMatchObject({
      code: 'requestRefused',
      retryable: false,
    });
  });
});

describe('errors of a storage call', () => {
  it.each([
    [{ statusCode: 503 }, 'storageUnavailable'],
    [{ statusCode: 429 }, 'storageUnavailable'],
    [{ statusCode: 403, code: 'AuthorizationFailure' }, 'storageUnavailable'],
    [{ statusCode: 404, details: { odataError: { code: 'TableNotFound' } } }, 'storageUnavailable'],
    [{ statusCode: 409, details: { errorCode: 'ContainerBeingDeleted' } }, 'storageUnavailable'],
    [{ name: 'AbortError' }, 'storageUnavailable'],
    [{ name: 'RestError', code: 'REQUEST_SEND_ERROR' }, 'storageUnavailable'],
    [{ code: 'ECONNREFUSED' }, 'storageUnavailable'],
    [{ name: 'AuthenticationError', statusCode: 400 }, 'storageUnavailable'],
    [{ statusCode: 409 }, 'storageConflict'],
    [{ statusCode: 412 }, 'storageConflict'],
    [{ statusCode: 400 }, 'storageRefused'],
    [{ statusCode: 413 }, 'storageRefused'],
  ])('%o: %s', (fields, code) => {
    const error = translateStorageError('x', withFields(fields));
    expect(error).toMatchObject({ code, retryable: code !== 'storageRefused' });
    expect(inspect(error, { depth: 9 })).not.toContain('SECRET');
  });

  it('defects stay what they are', () => {
    const defect = new TypeError('x');
    expect(translateStorageError('x', defect)).toBe(defect);
  });
});

describe('a first connection of the device SDK', () => {
  const first = 'Failure on first connection (Not authorized): ';
  it.each([
    [`${first}connect ECONNREFUSED 127.0.0.1:8883`, false],
    [`${first}getaddrinfo ENOTFOUND hub.azure-devices.net`, false],
    [`${first}Connection refused: Server unavailable`, false],
    [`${first}Connection refused: Not authorized`, true],
    [`mqtt.js returned ${first}Connection refused: Bad username or password error`, true],
    ['Connection refused: Identifier rejected', true],
    ['', false],
  ])('%s', (message, refused) => {
    expect(isRefusedByHub(new Error(message))).toBe(refused);
  });
});
