// The running emulator, as a test sees it. In: the ready line, in EMULATOR_READY. Out: devices, inboxes, faults, and
// what redirects the Admin SDK. Next: sdk.test.mjs.
import https from 'node:https';
import net from 'node:net';

export const ready = JSON.parse(process.env.EMULATOR_READY);
const { hostname, port } = new URL(ready.url);

/** Leads every connection of the SDK to the emulator, in plain text, whatever host it asks for. */
export class ToEmulator extends https.Agent {
  createConnection(_options, connected) {
    return net.connect({ host: hostname, port: Number(port) }, connected);
  }
}

async function control(method, path, body) {
  const response = await fetch(ready.control + path, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

export const addDevice = (platform = 'android', more = {}) => control('POST', '/devices', { platform, ...more });
export const change = (device, what) => control('POST', `/devices/${device.id}/${what}`);
export const inbox = async (device) => (await control('GET', `/devices/${device.id}/inbox`)).messages;
export const addFault = (fault) => control('POST', '/faults', fault);
export const clearFaults = () => control('DELETE', '/faults');
/** The statuses with which the emulator answered sends to `device`, in order. */
export const statuses = async (device) => {
  const { requests } = await control('GET', '/requests');
  return requests.filter((request) => request.device === device.id).map((request) => request.status);
};
