import { describe, expect, it } from 'vitest';
import { readingOf } from '../../../src/azure/arm/hub-document.js';
import { AppError } from '../../../src/errors.js';

const asked = { subscriptionId: 'sub', resourceGroup: 'group', name: 'contoso' };
const idOf = (name: string, group = 'group') =>
  `/subscriptions/sub/resourceGroups/${group}/providers/Microsoft.Devices/IotHubs/${name}`;
const aHub = (more: object = {}, properties: object = {}) => ({
  id: idOf('contoso'),
  name: 'contoso',
  ...more,
  properties: {
    state: 'Active',
    eventHubEndpoints: { events: { endpoint: 'sb://ns.example.net/', path: 'contoso', partitionIds: ['0'] } },
    ...properties,
  },
});

const codeOfReading = (answer: unknown): string => {
  try {
    readingOf(answer, asked);
  } catch (error) {
    if (error instanceof AppError) return error.code;
  }
  return 'read';
};

describe('what ARM shows of a hub', () => {
  it('is taken whatever the case of its name and id', () => {
    const answer = aHub({ id: idOf('CONTOSO').toUpperCase(), name: 'Contoso' });
    expect(readingOf(answer, asked)).toMatchObject({ active: true, endpoint: { hostName: 'ns.example.net' } });
  });

  it.each([
    ['the name of another hub', aHub({ name: 'fabrikam' })],
    ['the id of another hub', aHub({ id: idOf('fabrikam') })],
    ['the id of another resource group', aHub({ id: idOf('contoso', 'other') })],
    ['no name', aHub({ name: undefined })],
  ])('is a bad answer with %s, never followed', (_what, answer) => {
    expect(codeOfReading(answer)).toBe('armBadAnswer');
  });

  it.each(['', ' ', undefined])('with the state %j is no failover', (state) => {
    expect(readingOf(aHub({}, { state }), asked).active).toBeUndefined();
  });

  it('without endpoints shows none', () => {
    expect(readingOf(aHub({}, { eventHubEndpoints: undefined }), asked).endpoint).toBeUndefined();
  });
});
