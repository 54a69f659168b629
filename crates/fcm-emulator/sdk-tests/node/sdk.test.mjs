// Google's Admin SDK for Node, unmodified, against the emulator.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { cert, initializeApp } from 'firebase-admin/app';
import { getMessaging } from 'firebase-admin/messaging';
import { ToEmulator, addDevice, addFault, change, clearFaults, inbox, ready, statuses } from './emulator.mjs';

const httpAgent = new ToEmulator();
// The admin bearer of the Firebase emulators.
const owner = { getAccessToken: async () => ({ access_token: 'owner', expires_in: 3600 }) };

/** The SDK as docs/EMULATOR.md sets it up. */
function messagingWith(credential, name) {
  const app = initializeApp({ credential, projectId: ready.project, httpAgent }, name);
  const messaging = getMessaging(app);
  messaging.enableLegacyHttpTransport();
  return messaging;
}

const messaging = messagingWith(owner, 'sdk-tests');
const NAME = new RegExp(`^projects/${ready.project}/messages/.+$`);

const code = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error.code;
  }
  return 'taken';
};

async function sole(device) {
  const messages = await inbox(device);
  assert.equal(messages.length, 1);
  return messages[0].message;
}

afterEach(clearFaults);

test('a service account gets its access token here, if the agent leads that call too', async () => {
  const device = await addDevice();
  const withAccount = messagingWith(cert(ready.service_account, httpAgent), 'service-account');
  assert.match(await withAccount.send({ token: device.fcm_token, data: { k: 'v' } }), NAME);
  assert.equal((await sole(device)).data.k, 'v');
});

test('a notification to a token arrives', async () => {
  const device = await addDevice();
  const name = await messaging.send({ token: device.fcm_token, notification: { title: 'Hello', body: 'you' } });
  assert.match(name, NAME);
  const [message] = await inbox(device);
  assert.equal(message.name, name);
  assert.deepEqual(message.message.notification, { title: 'Hello', body: 'you' });
});

test('a data message to a FID arrives', async () => {
  const device = await addDevice();
  await messaging.send({ fid: device.fcm_fid, data: { camelKey: 'v', empty: '' } });
  assert.deepEqual((await sole(device)).data, { camelKey: 'v', empty: '' });
});

test('everything the SDK knows of Android arrives as FCM has it', async () => {
  const device = await addDevice();
  await messaging.send({
    token: device.fcm_token,
    fcmOptions: { analyticsLabel: 'all' },
    android: {
      collapseKey: 'k', priority: 'high', ttl: 3500, restrictedPackageName: 'com.example.app', data: { a: 'b' },
      directBootOk: true, fcmOptions: { analyticsLabel: 'a' },
      notification: {
        title: 't', body: 'b', icon: 'i', color: '#112233', sound: 's', tag: 'g', clickAction: 'c',
        imageUrl: 'https://example.com/i.png', bodyLocKey: 'bk', bodyLocArgs: ['1'], titleLocKey: 'tk',
        titleLocArgs: ['2'], channelId: 'ch', ticker: 'ti', sticky: false, localOnly: true, priority: 'max',
        eventTimestamp: new Date('2026-11-24T08:30:00Z'), vibrateTimingsMillis: [0, 50], defaultVibrateTimings: false,
        defaultSound: true, defaultLightSettings: false, visibility: 'secret', notificationCount: 0, proxy: 'deny',
        lightSettings: { color: '#AABBCCDD', lightOnDurationMillis: 200, lightOffDurationMillis: 300 },
      },
    },
  });
  const { android, fcm_options: options } = await sole(device);
  assert.deepEqual(options, { analytics_label: 'all' });
  assert.equal(android.priority, 'HIGH');
  assert.equal(android.ttl, '3.500000000s');
  assert.equal(android.notification.visibility, 'SECRET');
  assert.equal(android.notification.notification_priority, 'PRIORITY_MAX');
  assert.equal(android.notification.notification_count, 0);
  assert.equal(android.notification.proxy, 'DENY');
  assert.deepEqual(android.notification.body_loc_args, ['1']);
  assert.equal(android.notification.light_settings.light_on_duration, '0.200000000s');
  assert.equal(android.notification.light_settings.color.alpha, 0xdd / 255);
});

test('an APNs block keeps its keys', async () => {
  const device = await addDevice('ios');
  await messaging.send({
    token: device.fcm_token,
    apns: {
      headers: { 'apns-priority': '5' },
      payload: { aps: { badge: 0, contentAvailable: true, alert: { title: 't' } }, myKey: { deepKey: 0.5 } },
      fcmOptions: { imageUrl: 'https://example.com/i.png', analyticsLabel: 'i' },
      liveActivityToken: 'live',
    },
  });
  const { apns } = await sole(device);
  assert.deepEqual(apns.headers, { 'apns-priority': '5' });
  assert.deepEqual(apns.payload.myKey, { deepKey: 0.5 });
  assert.equal(apns.payload.aps['content-available'], 1);
  assert.equal(apns.payload.aps.badge, 0);
  assert.equal(apns.live_activity_token, 'live');
  assert.equal(apns.fcm_options.image, 'https://example.com/i.png');
});

test('a Web Push block keeps its keys', async () => {
  const device = await addDevice('web');
  await messaging.send({
    token: device.fcm_token,
    webpush: {
      headers: { TTL: '60', Urgency: 'high' }, data: { w: '1' },
      notification: { title: 't', requireInteraction: true, data: { deepKey: [0, null] } },
      fcmOptions: { link: 'https://example.com/x' },
    },
  });
  const { webpush } = await sole(device);
  assert.deepEqual(webpush.notification, { title: 't', requireInteraction: true, data: { deepKey: [0, null] } });
  assert.deepEqual(webpush.fcm_options, { link: 'https://example.com/x' });
});

test('a multicast tells each outcome apart', async () => {
  const [live, gone, other, apns, fid] = await Promise.all(
    ['android', 'android', 'android', 'ios', 'web'].map((platform) => addDevice(platform)),
  );
  await Promise.all([change(gone, 'uninstall'), change(other, 'other-project'), change(apns, 'apns-dead')]);
  const result = await messaging.sendEachForMulticast({
    tokens: [live.fcm_token, gone.fcm_token, 'not-a-token', other.fcm_token, apns.fcm_token],
    fids: [fid.fcm_fid, 'not-a-fid'],
    data: { k: 'v' },
  });
  assert.deepEqual([result.successCount, result.failureCount], [2, 5]);
  assert.deepEqual(result.responses.map((response) => response.error?.code ?? 'taken'), [
    'taken',
    'messaging/registration-token-not-registered',
    'messaging/invalid-argument',
    'messaging/mismatched-credential',
    'messaging/invalid-argument',
    'taken',
    'messaging/installation-id-not-registered',
  ]);
  assert.equal((await inbox(live)).length, 1);
  assert.equal((await inbox(fid)).length, 1);
});

test('a full batch of 500 arrives', async () => {
  const { devices } = await addDevice('android', { count: 500 });
  const result = await messaging.sendEach(devices.map((device) => ({ token: device.fcm_token, data: { k: 'v' } })));
  assert.equal(result.successCount, 500);
  assert.equal(new Set(result.responses.map((response) => response.messageId)).size, 500);
});

test('each error of FCM becomes the error of the SDK', async () => {
  const device = await addDevice();
  for (const [fault, expected] of [
    [{ error_code: 'UNREGISTERED' }, 'messaging/registration-token-not-registered'],
    [{ error_code: 'INVALID_ARGUMENT' }, 'messaging/invalid-argument'],
    [{ error_code: 'SENDER_ID_MISMATCH' }, 'messaging/mismatched-credential'],
    [{ error_code: 'QUOTA_EXCEEDED' }, 'messaging/message-rate-exceeded'],
    [{ error_code: 'INTERNAL' }, 'messaging/internal-error'],
    [{ error_code: 'THIRD_PARTY_AUTH_ERROR' }, 'messaging/third-party-auth-error'],
    [{ error_code: 'UNSPECIFIED_ERROR' }, 'messaging/unknown-error'],
    [{ status: 400 }, 'messaging/invalid-argument'],
    [{ status: 403 }, 'messaging/mismatched-credential'],
    [{ status: 404 }, 'messaging/registration-token-not-registered'],
    [{ action: 'html', status: 401 }, 'messaging/authentication-error'],
    [{ action: 'html' }, 'messaging/unknown-error'],
    // Longer than the SDK is willing to wait, so that it gives up at once.
    [{ error_code: 'UNAVAILABLE', retry_after: '3600' }, 'messaging/server-unavailable'],
  ]) {
    await addFault({ ...fault, device: device.id, times: 1 });
    assert.equal(await code(messaging.send({ token: device.fcm_token })), expected, JSON.stringify(fault));
  }
  assert.deepEqual(await inbox(device), []);
});

test('what FCM alone can refuse is refused', async () => {
  const device = await addDevice();
  const refused = 'messaging/invalid-argument';
  for (const message of [
    { data: { from: 'x' } },
    { data: { 'google.x': 'x' } },
    { data: { k: 'x'.repeat(4096) } },
    { android: { ttl: 2_419_201_000 } },
    { android: { restrictedPackageName: 'com.example.other' } },
    { webpush: { fcmOptions: { link: 'http://example.com' } } },
  ]) {
    assert.equal(await code(messaging.send({ token: device.fcm_token, ...message })), refused, JSON.stringify(message).slice(0, 80));
  }
  assert.equal(await code(messaging.send({ condition: "'a' in topics &&" })), refused);
  assert.equal(await code(messaging.send({ token: device.fcm_token, data: { collapse_key: 'x' } })), 'taken');
});

test('a dry run checks the target and delivers nothing', async () => {
  const [live, gone] = [await addDevice(), await addDevice()];
  await change(gone, 'uninstall');
  assert.match(await messaging.send({ token: live.fcm_token }, true), NAME);
  assert.equal(await code(messaging.send({ token: gone.fcm_token }, true)), 'messaging/registration-token-not-registered');
  const { responses } = await messaging.sendEach([{ token: live.fcm_token }, { token: 'not-a-token' }], true);
  assert.deepEqual(responses.map((response) => response.success), [true, false]);
  assert.deepEqual(await inbox(live), []);
});

test('the SDK tries again after a 503, and the message arrives once', async () => {
  const device = await addDevice();
  await addFault({ status: 503, device: device.id, times: 1 });
  await messaging.send({ token: device.fcm_token, data: { k: 'v' } });
  assert.deepEqual(await statuses(device), [503, 200]);
  await sole(device);
});

test('the SDK waits as long as Retry-After says', async () => {
  const device = await addDevice();
  await addFault({ status: 503, retry_after: '1', device: device.id, times: 1 });
  const result = await messaging.sendEach([{ token: device.fcm_token, data: { k: 'v' } }]);
  assert.equal(result.successCount, 1);
  assert.deepEqual(await statuses(device), [503, 200]);
});

test('a bearer that nobody issued is refused', async () => {
  const stranger = { getAccessToken: async () => ({ access_token: 'stranger', expires_in: 3600 }) };
  const device = await addDevice();
  const error = await code(messagingWith(stranger, 'stranger').send({ token: device.fcm_token }));
  // The SDK's word for every UNAUTHENTICATED.
  assert.equal(error, 'messaging/third-party-auth-error');
});
