import { describe, expect, it } from 'vitest';
import { deviceHostNamesOf, deviceHostOf, hubNameOf, isSameHub, serviceHostOf } from '../../src/hub-name.js';
import { roleOf } from '../../src/registry/retry-message.js';

const classic = 'north.azure-devices.net';
const everyName = [
  'north',
  'NORTH',
  classic,
  'North.device.azure-devices.net',
  'north.service.azure-devices.net',
  'north.azure-devices.net.',
  'https://north.azure-devices.net/twins/x?api-version=1',
  'amqps://north.azure-devices.net:5671/messages/events',
  ' north.azure-devices.cn ',
];

describe('the name of a hub', () => {
  it.each(everyName)('is the first label of %s', (text) => {
    expect(hubNameOf(text).toLowerCase()).toBe('north');
    expect(isSameHub(text, 'north')).toBe(true);
    expect(isSameHub(text, 'north-2')).toBe(false);
    expect(roleOf({ primary: 'south', secondary: 'North' }, text)).toBe('secondary');
  });

  it('is that of no other hub whose name begins alike, or which is nobody', () => {
    expect(isSameHub('north.azure-devices.net', 'nort.azure-devices.net')).toBe(false);
    expect(isSameHub('', 'north')).toBe(false);
  });
});

describe('host names for devices', () => {
  it.each(['north.azure-devices.net', 'north.device.azure-devices.net.', 'https://north.service.azure-devices.net/'])(
    'are the classic and the device host of %s',
    (hostName) => {
      expect(deviceHostNamesOf(hostName)).toEqual({ classic, device: 'north.device.azure-devices.net' });
    },
  );

  it('are in the same cloud, and outside of Azure only the one that is given', () => {
    expect(deviceHostNamesOf('n.service.azure-devices.us')).toEqual({
      classic: 'n.azure-devices.us',
      device: 'n.device.azure-devices.us',
    });
    expect(deviceHostNamesOf('hub.service.example')).toEqual({ classic: 'hub.service.example' });
    expect(deviceHostNamesOf('localhost')).toEqual({ classic: 'localhost' });
  });

  it('the one to use is the given one, but never the service host', () => {
    expect(deviceHostOf(classic)).toBe(classic);
    expect(deviceHostOf('north.device.azure-devices.net')).toBe('north.device.azure-devices.net');
    expect(deviceHostOf('NORTH.Service.azure-devices.net')).toBe('NORTH.azure-devices.net');
  });

  it('the one for the service APIs is the given one, but never the device host', () => {
    expect(serviceHostOf(classic)).toBe(classic);
    expect(serviceHostOf('north.service.azure-devices.net')).toBe('north.service.azure-devices.net');
    expect(serviceHostOf('north.device.azure-devices.net')).toBe(classic);
    expect(serviceHostOf('device.device.example')).toBe('device.device.example');
  });
});
