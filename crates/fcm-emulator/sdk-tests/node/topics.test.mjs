// Topic management by Google's Admin SDK for Node, unmodified: its own calls and its legacy ones, and what then arrives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initializeApp } from 'firebase-admin/app';
import { getMessaging } from 'firebase-admin/messaging';
import { ToEmulator, addDevice, change, inbox, ready } from './emulator.mjs';

const credential = { getAccessToken: async () => ({ access_token: 'owner', expires_in: 3600 }) };
const app = initializeApp({ credential, projectId: ready.project, httpAgent: new ToEmulator() }, 'topics');
const messaging = getMessaging(app);
messaging.enableLegacyHttpTransport();

const outcome = ({ successCount, errors }) => [successCount, errors.map(({ index, error }) => [index, error.code])];
const gone = async () => {
  const device = await addDevice();
  await change(device, 'uninstall');
  return device;
};

test('tokens are subscribed one by one, and each error is typed', async () => {
  const phone = await addDevice();
  const tokens = [phone.fcm_token, (await gone()).fcm_token, 'not-a-token'];
  assert.deepEqual(outcome(await messaging.subscribeToTopic(tokens, 'sdk-news')), [
    1,
    [[1, 'messaging/registration-token-not-registered'], [2, 'messaging/invalid-registration-token']],
  ]);
  assert.deepEqual(outcome(await messaging.subscribeToTopic([phone.fcm_token], 'sdk-news')), [1, []], 'again is no error');
});

test('a topic and a condition arrive until the token is unsubscribed', async () => {
  const phone = await addDevice();
  await messaging.subscribeToTopic([phone.fcm_token], 'sdk-sport');
  await messaging.send({ topic: 'sdk-sport', data: { k: 'topic' } });
  await messaging.send({ condition: "'sdk-sport' in topics && !('sdk-other' in topics)", data: { k: 'condition' } });
  assert.deepEqual((await inbox(phone)).map(({ message }) => message.data.k), ['topic', 'condition']);
  assert.deepEqual(outcome(await messaging.unsubscribeFromTopic([phone.fcm_token], 'sdk-sport')), [1, []]);
  await messaging.send({ topic: 'sdk-sport', data: { k: 'late' } });
  assert.equal((await inbox(phone)).length, 2);
});

test('the legacy calls do the same', async () => {
  const phone = await addDevice();
  const tokens = [phone.fcm_token, (await gone()).fcm_token];
  const subscribed = await messaging.subscribeToTopicLegacy(tokens, 'sdk-old');
  assert.deepEqual(outcome(subscribed), [1, [[1, 'messaging/registration-token-not-registered']]]);
  await messaging.send({ topic: 'sdk-old', data: { k: 'v' } });
  assert.equal((await inbox(phone)).length, 1);
  assert.deepEqual(outcome(await messaging.unsubscribeFromTopicLegacy([phone.fcm_token], 'sdk-old')), [1, []]);
});
