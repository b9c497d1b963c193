// As much of the boards' libraries as the example names, to have its syntax and types checked where there is no board.
#pragma once
#include <string>

class String {
 public:
  String(const char* text = "") : text_(text) {}
  const char* c_str() const { return text_.c_str(); }

 private:
  std::string text_;
};

struct SerialPort {
  void begin(unsigned long) {}
  void println(const String&) {}
};
extern SerialPort Serial;
unsigned long millis();
void delay(unsigned long);

enum wl_status_t { WL_IDLE_STATUS = 0, WL_CONNECTED = 3 };
struct WiFiNetwork {
  wl_status_t begin(const char*, const char*) { return WL_IDLE_STATUS; }
  wl_status_t status() { return WL_CONNECTED; }
};
extern WiFiNetwork WiFi;
class WiFiClient {};

class HTTPClient {
 public:
  bool begin(WiFiClient&, const String&) { return true; }
  void addHeader(const String&, const String&) {}
  int POST(const String&) { return 200; }
  String getString() { return String(); }
  void end() {}
};
