/**
 * Where Event Grid delivers: the Event Grid extension's webhook of the host at `address`, for the app's function `registrySync`.
 * An address with a path of its own is taken as it is. Locally `func host start` asks for no system key; elsewhere give it,
 * or put `?code=` into the address.
 */
export const webhookUrl = (address: string, systemKey?: string): string => {
  const url = new URL(address);
  if (url.pathname !== '/') return url.href;
  url.pathname = '/runtime/webhooks/EventGrid';
  url.searchParams.set('functionName', 'registrySync');
  if (systemKey !== undefined) url.searchParams.set('code', systemKey);
  return url.href;
};
