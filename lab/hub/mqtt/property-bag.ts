/** IoT Hub, "Create and read IoT Hub messages": the wire names of system properties, and those that HubCore.acceptTelemetry takes. */
const systemNames = new Map([
  ['$.mid', 'messageId'],
  ['$.cid', 'correlationId'],
  ['$.uid', 'userId'],
  ['$.ct', 'contentType'],
  ['$.ce', 'contentEncoding'],
  ['$.to', 'to'],
  ['$.exp', 'absoluteExpiryTime'],
  ['$.ctime', 'creationTimeUtc'],
  ['$.ifid', 'interfaceId'],
  ['$.sub', 'componentName'],
]);

export interface MessageProperties {
  system: Record<string, string>;
  application: Record<string, string>;
}

/** The last part of a telemetry topic: `name=value` pairs, percent-encoded, joined by `&`. Undefined: it cannot be decoded. */
export function parsePropertyBag(bag: string): MessageProperties | undefined {
  const system = new Map<string, string>();
  const application = new Map<string, string>();
  for (const pair of bag.split('&').filter((part) => part !== '')) {
    const decoded = decodePair(pair);
    if (decoded === undefined) return undefined;
    const systemName = systemNames.get(decoded.name);
    if (systemName === undefined) application.set(decoded.name, decoded.value);
    else system.set(systemName, decoded.value);
  }
  return { system: Object.fromEntries(system), application: Object.fromEntries(application) };
}

function decodePair(pair: string): { name: string; value: string } | undefined {
  const at = pair.indexOf('=');
  const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  try {
    return { name: decodeURIComponent(name), value: decodeURIComponent(value) };
  } catch (error) {
    // A lone `%` (RFC 3986, 2.1).
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
