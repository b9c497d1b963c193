// ESP32 or ESP8266: posts every five minutes; what is not acknowledged is posted again.
#if defined(ESP32)
#include <HTTPClient.h>
#include <WiFi.h>
#else
#include <ESP8266HTTPClient.h>
#include <ESP8266WiFi.h>
#endif

const char* NETWORK = "your network";
const char* PASSWORD = "its password";
const char* ADDRESS = "http://LOADSTAR:8086/api/hardware/data";  // for https use WiFiClientSecure
const char* KEY = "YOUR-KEY";
const unsigned long EVERY_MS = 300000;

unsigned long wait_ms = 0;
unsigned long began_ms = 0;

String reading() {  // put what you measure in the place of these numbers
  return R"json({"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35})json";
}

int post(const String& body) {
  WiFiClient client;
  HTTPClient http;
  http.begin(client, ADDRESS);
  http.addHeader("X-API-Key", KEY);
  http.addHeader("Content-Type", "application/json");
  int status = http.POST(body);
  if (status > 0) Serial.println(http.getString());  // says what was wrong, if anything was
  http.end();
  return status;
}

void setup() {
  Serial.begin(115200);
  WiFi.begin(NETWORK, PASSWORD);
  while (WiFi.status() != WL_CONNECTED) delay(500);
}

void loop() {
  if (millis() - began_ms < wait_ms) return;
  began_ms = millis();
  int status = post(reading());
  bool again = status <= 0 || status == 429 || status == 503 || status == 507;  // nothing of it is stored
  wait_ms = again ? 10000 : EVERY_MS;
}
