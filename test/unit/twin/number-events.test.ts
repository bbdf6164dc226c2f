import { describe, expect, it } from 'vitest';
import type { TwinPatch } from '../../../src/hub-model.js';
import { parseJson } from '../../../src/number-text.js';
import { messagesOf } from '../../../src/pacing/quota.js';
import { parseEvent } from '../../../src/twin/parse-event.js';
import { anEvent } from './events.js';
import { aRoom, patchesOf } from './fakes.js';

const device = { deviceId: 'd1' };
/** MicrosoftDocs and Azure/azure-iot-sdk-csharp#2958: a body as the service sends it. */
const section =
  '{"setPoint":21.0,"big":1E+20,"serial":5283920058631410000.0,"exp":1.0E-5,"list":[-0.0,{"half":"\\ud83d"}]}';
const update = (sections: string, version = '5') =>
  anEvent(device, 'updateTwin', Buffer.from(`{"version":${version},${sections}}`));

describe('numbers of an event', () => {
  it('are written to the copy as they came, in each section', async () => {
    const room = aRoom();
    room.target.add(device);
    await room.replay(update(`"tags":${section},"properties":{"desired":${section},"reported":${section}}`));
    expect(patchesOf(room.target).map((patch) => JSON.stringify(patch))).toEqual([
      `{"tags":${section},"desired":${section}}`,
    ]);
    expect(JSON.stringify(room.target.twin(device)?.reported)).toBe(section);
  });

  it('stay so when changes are written as one', async () => {
    const room = aRoom();
    room.target.add(device);
    await room.replay(
      update('"tags":{"a":1.0,"b":{"c":2.0}}'),
      update('"tags":{"a":3.0,"b":{"d":4.0}}', '6'),
      update('"tags":{"b":5.0}', '7'),
    );
    expect(patchesOf(room.target).map((patch) => JSON.stringify(patch))).toEqual(['{"tags":{"a":3.0,"b":5.0}}']);
  });

  it('are set where a replace finds the same value in another form', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { same: parseJson('2.0'), other: 21 }, desired: {} });
    const body = '{"version":5,"tags":{"same":2.0,"other":21.0},"properties":{"desired":{"$version":5.0}}}';
    await room.replay(anEvent(device, 'replaceTwin', Buffer.from(body)));
    expect(patchesOf(room.target).map((patch) => JSON.stringify(patch))).toEqual(['{"tags":{"other":21.0}}']);
  });

  it('count as one level less than an object, wherever they stand', () => {
    const nested = (number: string, depth: number) => `"tags":{"a":${'['.repeat(depth)}${number}${']'.repeat(depth)}}`;
    const kindOf = (number: string, depth: number) => parseEvent(update(nested(number, depth)), 'hub-one').kind;
    for (const number of ['1', '1.0']) expect([kindOf(number, 62), kindOf(number, 63)]).toEqual(['twin', 'park']);
  });

  it('are numbers to count with where they are a version', () => {
    expect(parseEvent(update('"tags":{"a":1}', '5.0'), 'hub-one')).toMatchObject({ version: 5 });
  });

  it('are no sections', () => {
    expect(parseEvent(update('"tags":1.0'), 'hub-one')).toMatchObject({ kind: 'park', reason: 'wrongShape' });
    expect(parseEvent(update('"properties":{"desired":1.0}'), 'hub-one')).toMatchObject({ kind: 'park' });
  });

  it('are charged by their text', () => {
    const patch = (count: number) =>
      ({ tags: parseJson(`{"a":[${Array(count).fill('1.0').join(',')}]}`) }) as TwinPatch;
    expect([messagesOf(patch(1_000)), messagesOf(patch(1_030))]).toEqual([1, 2]);
  });
});
