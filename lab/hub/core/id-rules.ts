import type { IdentityKey } from '../../contracts.js';
import { HubError, refuseArgument } from './errors.js';

// "Identity registry": up to 128 case-sensitive ASCII 7-bit alphanumeric characters and these special ones.
const idPattern = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

const systemModules = ['$edgeAgent', '$edgeHub'] as const;

export const isSystemModule = (moduleId: string | undefined): boolean =>
  systemModules.some((system) => system === moduleId);

/** Throws 400004 for an id that no identity can have. */
export function checkKey(key: IdentityKey): void {
  if (!idPattern.test(key.deviceId)) refuseArgument('The device id is not valid');
  if (key.moduleId !== undefined && !idPattern.test(key.moduleId)) refuseArgument('The module id is not valid');
  if (key.moduleId?.startsWith('$') && !isSystemModule(key.moduleId))
    refuseArgument('A module id that begins with $ is reserved');
}

/** `$edgeAgent` and `$edgeHub` come and go with their device; anyone else's write is refused (401100). */
export function refuseSystemModule(key: IdentityKey): void {
  if (isSystemModule(key.moduleId)) {
    throw new HubError('SystemModuleModifyUnauthorizedAccess', 'Unauthorized to modify reserved module.');
  }
}

export { systemModules };
