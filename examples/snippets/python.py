import json
import urllib.request

reading = {"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}
request = urllib.request.Request(
    "http://LOADSTAR:8086/api/hardware/data",
    json.dumps(reading).encode(),
    {"X-API-Key": "YOUR-KEY", "Content-Type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
