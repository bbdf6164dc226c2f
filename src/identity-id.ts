import type { IdentityKey } from './hub-model.js';

/**
 * Ids of devices and modules: 1 to 128 characters, ASCII letters and digits and `- : . + % _ # * ? ! ( ) , = @ ; $ '`, case-sensitive.
 * Source: IoT Hub developer guide, "Device identity properties" and "Module identity properties".
 */
const idPattern = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

/**
 * `.` and `..` are refused too: no URL can name them. As a segment of a path they are dropped on the way (RFC 3986, 5.2.4; `%2E` is the same),
 * so that a call would be about another resource. No other id changes: `%`, `#` and `?` are encoded.
 */
export const isValidId = (text: string): boolean => idPattern.test(text) && text !== '.' && text !== '..';

/**
 * `$edgeAgent` and `$edgeHub`: no module id of a user begins with `$`. They are made with their device, and refuse to be written (401100
 * SystemModuleModifyUnauthorizedAccess).
 */
export const isSystemModule = ({ moduleId }: IdentityKey): boolean => moduleId?.startsWith('$') ?? false;
