# A power in W, by a broker that Loadstar listens to (Sources); what the topic means is said once, under Mappings.
mosquitto_pub -h BROKER -u USER -P PASSWORD -q 1 -t plant/gateway/power -m 1200
