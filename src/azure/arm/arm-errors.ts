import { AppError, isAppError } from '../../errors.js';
import { bareCause, isCredentialError, numberAt, textAt } from '../error-fields.js';

/**
 * What @azure/arm-iothub rejected with, as one of our codes. None of them says anything of the hub: also 404 is seen while a hub fails over
 * or a role assignment is on its way. What is neither an answer nor a lost connection is a defect and stays as it is.
 */
export const translateArmError = (what: string, error: unknown): unknown => {
  if (isAppError(error)) return error;
  const cause = bareCause(error);
  const status = numberAt(error, 'statusCode');
  if (isCredentialError(error) || status === 401 || status === 403)
    return new AppError('armUnauthorized', `${what}: no token, or no role`, {
      retryable: true,
      cause,
      ...(status === undefined ? {} : { serviceCode: status }),
    });
  if (status === undefined) {
    const name = textAt(error, 'name') ?? '';
    const lost = name === 'RestError' || name === 'AbortError' || /^E[A-Z_]+$/.test(textAt(error, 'code') ?? '');
    return lost ? new AppError('armUnavailable', `${what}: no answer`, { retryable: true, cause }) : error;
  }
  // 409: another operation on the hub is under way. 400 and the rest may pass too, but only a person can tell.
  const passes = status >= 500 || status === 404 || status === 408 || status === 409 || status === 429;
  return new AppError(passes ? 'armUnavailable' : 'armRefused', `${what}: ARM answered ${status}`, {
    retryable: passes,
    cause,
    serviceCode: status,
  });
};
