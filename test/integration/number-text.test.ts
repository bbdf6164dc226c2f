import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HubRole, IdentityKey, JsonObject } from '../../lab/contracts.js';
import { parseJson } from '../../lab/hub/core/number-text.js';
import { raw, startEvilHub, type EvilHub } from '../unit/azure/support/evil-hub.js';
import { watchedClient } from '../unit/azure/support/hub-samples.js';
import { boundInMs, parkedOf, startRig, untilCopiesAreOld, type Rig } from './support/rig.js';

/** The case's numbers, and others that JavaScript would write differently, at every depth. */
const numbers =
  '"setPoint":21.0,"big":1E+20,"serial":5283920058631410000.0,"exp":1.0E-5,"minus":-0.0,"deep":{"list":[1.50,[2e2],{"x":0.10}]}';
/** What looks like a number or a date, halves of characters, and a name that JavaScript treats in ways of its own. */
const strings =
  '"date":"2023-01-31T10:37:08.4599400","zone":"2023-01-31T10:37:08.450+02:00","text":"1.0","half":"\\ud83d","__proto__":{"n":2.0},"rawJSON":"3.0"';
const section = `{${numbers},${strings}}`;
const content = parseJson(section) as JsonObject;

describe('a hub client', () => {
  let hub: EvilHub;
  beforeAll(async () => {
    hub = await startEvilHub();
  });
  afterAll(() => hub.close());

  it('writes what it has read, number by number; counts with its versions', async () => {
    const { client } = watchedClient(hub);
    const twin = (version: string, text: string) =>
      `{"deviceId":"d","etag":"AAE=","version":${version},"tags":${text},"properties":{"desired":${text},"reported":${text}}}`;
    hub.answer(raw(200, twin('5.0', section)));
    const read = await client.getTwin({ deviceId: 'd' });
    expect(read?.version).toBe(5);
    for (const part of [read?.tags, read?.desired, read?.reported]) expect(JSON.stringify(part)).toBe(section);
    const { tags = {}, desired = {} } = read ?? {};
    const written = await client.patchTwin({ deviceId: 'd' }, { tags, desired }, 'AAE=');
    expect(hub.requests.at(-1)?.body).toBe(`{"tags":${section},"properties":{"desired":${section}}}`);
    expect(JSON.stringify(written.desired)).toBe(section);
    client.close();
  });

  it.each(['{"tags":1.0}', '{"properties":{"desired":1.0,"reported":{}}}'])(
    'takes a number for no section: %s',
    async (part) => {
      const { client } = watchedClient(hub);
      const fields = '"deviceId":"d","etag":"AAE=","version":5,"properties":{"desired":{},"reported":{}}';
      hub.answer(raw(200, `{${fields},${part.slice(1)}`));
      await expect(client.getTwin({ deviceId: 'd' })).rejects.toMatchObject({ code: 'hubBadAnswer' });
      client.close();
    },
  );
});

const key = { deviceId: 'numbers' };
const module = { deviceId: 'numbers', moduleId: 'm' };
const textOf = ({ lab }: Rig, of: IdentityKey, role: HubRole = 'secondary') => {
  const { tags, desired, reported } = lab.hub(role).getTwin(of);
  const without = ({ $metadata: _metadata, $version: _version, ...rest }: JsonObject) => JSON.stringify(rest);
  return { tags: JSON.stringify(tags), desired: without(desired), reported: without(reported) };
};
const everywhere = (text: string) => ({ tags: text, desired: text, reported: text });
const write = ({ lab }: Rig, role: HubRole, of: IdentityKey, part: JsonObject): void => {
  lab.hub(role).patchTwin(of, { tags: part, desired: part });
  lab.hub(role).patchReported(of, part);
};

describe('numbers of a twin reach the standby as they were written on the active hub', () => {
  it(
    'by a new copy, by events, by a replace and by a repair',
    async () => {
      await using rig = await startRig({ settings: { REPORTED_STRATEGY: 'device' } });
      const { lab } = rig;
      const primary = lab.hub('primary');
      for (const each of [key, module]) {
        primary.createIdentity(each, {}, { tags: content, desired: content });
        primary.patchReported(each, content);
      }
      await rig.untilEqual();
      for (const each of [key, module]) expect(textOf(rig, each)).toEqual(everywhere(section));

      await untilCopiesAreOld();
      const { applied } = await rig.health();
      const change = '"setPoint":22.0,"big":2E+20,"deep":{"list":[1.0],"more":{"y":9007199254740992.0}}';
      write(rig, 'primary', key, parseJson(`{${change}}`) as JsonObject);
      await rig.untilEqual();
      expect((await rig.health()).applied).toBeGreaterThan(applied);
      expect(textOf(rig, key)).toEqual(everywhere(JSON.stringify(primary.getTwin(key).tags)));
      expect(textOf(rig, key).tags).toContain('"setPoint":22.0,"big":2E+20,');

      primary.replaceTwin(key, { tags: content, desired: parseJson('{"only":[7.0]}') as JsonObject });
      await rig.untilEqual();
      expect(textOf(rig, key)).toMatchObject({ tags: section, desired: '{"only":[7.0]}' });

      // The same values in another form: a difference that a repair finds and mends.
      write(rig, 'secondary', key, { setPoint: 21, only: [7] });
      const answer = await fetch(`${rig.host.url}/api/devices/numbers/sync`, {
        method: 'POST',
        headers: { 'x-functions-key': rig.host.functionKey },
      });
      expect(answer.status).toBe(200);
      await rig.untilEqual();
      expect(textOf(rig, key)).toEqual(textOf(rig, key, 'primary'));
      expect(parkedOf(await rig.health())).toBe(0);
    },
    boundInMs * 3,
  );
});
