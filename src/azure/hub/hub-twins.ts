import type { Twin, TwinPatch } from '../../hub-model.js';
import { stripServiceFields } from '../../service-fields.js';
import type { TwinAnswer } from './hub-answers.js';

export const toTwin = (answer: TwinAnswer): Twin => {
  const { deviceId, moduleId, etag, version, tags, properties, deviceEtag, connectionState } = answer;
  return {
    key: moduleId === undefined || moduleId === null ? { deviceId } : { deviceId, moduleId },
    etag,
    version,
    tags: stripServiceFields(tags ?? {}),
    desired: stripServiceFields(properties.desired),
    reported: stripServiceFields(properties.reported),
    ...(typeof deviceEtag === 'string' && { identityEtag: deviceEtag }),
    ...(typeof connectionState === 'string' && { isConnected: connectionState === 'Connected' }),
  };
};

/** Tags and desired in one body; an absent section is left alone by the service. */
export const toPatchBody = ({ tags, desired }: TwinPatch): object => ({
  ...(tags === undefined ? {} : { tags }),
  ...(desired === undefined ? {} : { properties: { desired } }),
});
