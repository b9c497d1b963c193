curl -X POST http://LOADSTAR:8086/api/hardware/data \
  -H 'X-API-Key: YOUR-KEY' -H 'Content-Type: application/json' \
  -d '{"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}'
