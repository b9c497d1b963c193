$reading = '{"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35}'
Invoke-RestMethod -Method Post -Uri 'http://LOADSTAR:8086/api/hardware/data' `
  -Headers @{ 'X-API-Key' = 'YOUR-KEY' } -ContentType 'application/json' -Body $reading
